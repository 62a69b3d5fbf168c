/* stamp.c: times. See stamp.h; next file: proc.h */
#include "stamp.h"

#include <stdio.h>

struct stamp stamp_now(void)
{
	struct timespec now;
	struct stamp stamp;
	char second[24];
	struct tm utc;

	clock_gettime(CLOCK_REALTIME, &now);
	strftime(second, sizeof(second), "%Y-%m-%dT%H:%M:%S", gmtime_r(&now.tv_sec, &utc));
	snprintf(stamp.text, sizeof(stamp.text), "%s.%09ldZ", second, now.tv_nsec);
	return stamp;
}

int64_t stamp_milliseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
}
