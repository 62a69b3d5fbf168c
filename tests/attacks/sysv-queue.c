/* sysv-queue make|find|drop KEY: a System V message queue, sysvipc(7). */
#include "attack.h"

#include <sys/ipc.h>
#include <sys/msg.h>

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "find";
	key_t key = argc > 2 ? atoi(argv[2]) : 0;
	int id = msgget(key, strcmp(verb, "make") == 0 ? IPC_CREAT | 0666 : 0);

	started();
	if (id < 0)
		return blocked("msgget");
	if (strcmp(verb, "drop") == 0)
		return msgctl(id, IPC_RMID, NULL) < 0 ? blocked("msgctl") : 0;
	printf("ESCAPED %d\n", key);
	return 0;
}
