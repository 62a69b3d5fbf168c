/*
 * opts.c: one word of the command line after the other, each looked up in the table. See opts.h;
 * next file: json.h
 */
#include "opts.h"
#include "err.h"

#include <inttypes.h>
#include <string.h>

enum { HELP_COLUMN = 32, LONGEST_NAME = 31 };

struct parser {
	const struct opt *options;
	struct arena *arena;
	void *values;
	char **next; /* the words that are left */
	bool help;
};

static int min_of(int a, int b)
{
	return a < b ? a : b;
}

/* Letters to change, add, leave out or exchange: Damerau's distance, with two rows behind. */
static int distance(const char *a, const char *b)
{
	int rows[3][LONGEST_NAME + 1], *row, *above, *top;
	int a_length = strlen(a), b_length = strlen(b);

	if (a_length > LONGEST_NAME || b_length > LONGEST_NAME)
		return LONGEST_NAME;
	for (int i = 0; i <= a_length; i++) {
		row = rows[i % 3];
		above = rows[(i + 2) % 3];
		top = rows[(i + 1) % 3];
		row[0] = i;
		for (int j = 1; j <= b_length; j++) {
			if (i == 0) {
				row[j] = j;
				continue;
			}
			row[j] = min_of(above[j], row[j - 1]) + 1;
			row[j] = min_of(row[j], above[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[j] = min_of(row[j], top[j - 2] + 1);
		}
	}
	return rows[a_length % 3][b_length];
}

const char *opts_nearest(const char *typed, const char *const *names)
{
	size_t length = strlen(typed);
	int best = length < 4 ? 1 : 1 + (int)length / 4;
	const char *nearest = NULL;

	for (; *names; names++) {
		int steps = distance(typed, *names);

		/* The beginning of a name is what people type who know abbreviations. */
		if (length > 1 && steps > 1 && strncmp(typed, *names, length) == 0)
			steps = 1;
		if (steps < best || (steps == best && !nearest)) {
			best = steps;
			nearest = *names;
		}
	}
	return nearest;
}

static const struct opt *find_name(const struct opt *options, const char *name, size_t length)
{
	for (; options->name; options++)
		if (strlen(options->name) == length && memcmp(options->name, name, length) == 0)
			return options;
	return NULL;
}

static const struct opt *find_letter(const struct opt *options, char letter)
{
	for (; options->name; options++)
		if (options->letter == letter)
			return options;
	return NULL;
}

/* The table's names, so that the nearest one can be looked for. */
static const char *nearest_option(const struct opt *options, const char *typed)
{
	const char *names[128];
	size_t count = 0;

	for (; options->name && count < ARRAY_SIZE(names) - 1; options++)
		if (opts_is_shown(options))
			names[count++] = options->name;
	names[count] = NULL;
	return opts_nearest(typed, names);
}

static int refuse_unknown(const struct parser *p, const char *dashes, const char *name,
			  size_t length)
{
	char typed[64];
	const char *nearest;

	snprintf(typed, sizeof(typed), "%.*s", (int)length, name);
	str_printable(typed);
	nearest = nearest_option(p->options, typed);
	if (nearest)
		return err_set(EINVAL, "unknown option %s%s: did you mean --%s?", dashes, typed,
			       nearest);
	return err_set(EINVAL, "unknown option %s%s: --help lists the ones there are", dashes,
		       typed);
}

static bool is_flag(const struct opt *option)
{
	return option->type == OPT_FLAG || option->type == OPT_IGNORED_FLAG;
}

bool opts_is_shown(const struct opt *option)
{
	return option->type < OPT_IGNORED_FLAG;
}

/* What Go's strconv.ParseBool takes, which callers of runc may rely on. */
static int parse_bool(const char *text, bool *ret_value)
{
	static const char *const words[] = {"false", "true", "0",  "1",	  "f",	   "t",
					    "F",     "T",    "no", "yes", "False", "True"};

	for (size_t i = 0; i < ARRAY_SIZE(words); i++)
		if (strcmp(text, words[i]) == 0) {
			*ret_value = i % 2;
			return 0;
		}
	return err_set(EINVAL, "'%s': expected true or false", text);
}

static int parse_choice(const char *text, const char *words, int *ret_index)
{
	int index = str_find_word(words, text);

	if (index < 0)
		return err_set(EINVAL, "'%s': expected one of %s", text, words);
	*ret_index = index;
	return 0;
}

static int parse_u64(const char *text, uint64_t *ret_value)
{
	unsigned long long value;
	char *end;

	errno = 0;
	value = strtoull(text, &end, 10);
	/* strtoull(3) takes spaces and signs too: -1 is the largest number to it. */
	if (*text < '0' || *text > '9' || *end || errno)
		return err_set(EINVAL, "'%s': expected a number from 0 to %" PRIu64, text,
			       UINT64_MAX);
	*ret_value = value;
	return 0;
}

/* The power of 1024 of a unit, "", K, MB, GiB ... in either case; -1: none. */
static int unit_power(const char *unit)
{
	static const char letters[] = "bkmgtp";
	const char *found;

	if (!*unit)
		return 0;
	found = strchr(letters, *unit | 0x20);
	if (!found)
		return -1;
	if (unit[1] && found != letters && strcasecmp(unit + 1, "b") != 0 &&
	    strcasecmp(unit + 1, "ib") != 0)
		return -1;
	if (unit[1] && found == letters)
		return -1;
	return found - letters;
}

int opts_parse_bytes(const char *text, int64_t *ret_bytes)
{
	size_t length = strspn(text, "0123456789.");
	int power = unit_power(text + length);
	char number[24], *end;
	long double value; /* 64 bits of it are exact */

	if (strcmp(text, "-1") == 0) {
		*ret_bytes = -1;
		return 0;
	}
	snprintf(number, sizeof(number), "%.*s", (int)length, text);
	value = strtold(number, &end) * (1ULL << 10 * (power < 0 ? 0 : power));
	if (length == 0 || length >= sizeof(number) || *text == '.' || *end || power < 0 ||
	    value >= 0x1p63L)
		return err_set(EINVAL, "'%s': expected bytes, as 4096, 64M or 1G, or -1: no limit",
			       text);
	*ret_bytes = value;
	return 0;
}

static int store_flag(const struct opt *option, void *place, const char *text)
{
	bool ignored;

	if (option->type == OPT_IGNORED_FLAG)
		place = &ignored;
	*(bool *)place = true;
	return text ? parse_bool(text, place) : 0;
}

static int store_value(const struct parser *p, const struct opt *option, void *place, char *text)
{
	switch (option->type) {
	case OPT_TEXT:
		*(const char **)place = text;
		return 0;
	case OPT_CHOICE:
		return parse_choice(text, option->value, place);
	case OPT_LIST:
		return str_list_add(place, p->arena, text);
	case OPT_U32:
		return str_to_u32(text, UINT32_MAX, place);
	case OPT_OPT_U32:
		((struct opt_u32 *)place)->set = true;
		return str_to_u32(text, UINT32_MAX, &((struct opt_u32 *)place)->value);
	case OPT_OPT_I64:
		((struct opt_i64 *)place)->set = true;
		return str_to_i64(text, INT64_MIN, INT64_MAX, &((struct opt_i64 *)place)->value);
	case OPT_OPT_U64:
		((struct opt_u64 *)place)->set = true;
		return parse_u64(text, &((struct opt_u64 *)place)->value);
	case OPT_BYTES:
		((struct opt_i64 *)place)->set = true;
		return opts_parse_bytes(text, &((struct opt_i64 *)place)->value);
	case OPT_IGNORED_TEXT:
	default: /* flags are not stored here */
		return 0;
	}
}

/* The value is what is attached to the option, else the next word, if it needs one. */
static int take(struct parser *p, const struct opt *option, char *attached)
{
	void *place = (char *)p->values + option->offset;
	char *text = attached;
	int result;

	if (option->type == OPT_REFUSED) {
		result = err_set(EOPNOTSUPP, "%s", option->help);
	} else if (is_flag(option)) {
		result = store_flag(option, place, attached);
	} else {
		if (!text && !*p->next)
			return err_set(EINVAL, "option --%s needs a value: %s", option->name,
				       option->value ? option->value : "VALUE");
		result = store_value(p, option, place, text ? text : *p->next++);
	}
	return result < 0 ? err_wrap("option --%s", option->name) : 0;
}

static int parse_name(struct parser *p, char *name, const char *dashes)
{
	size_t length = strcspn(name, "=");
	const struct opt *option = find_name(p->options, name, length);

	if (option)
		return take(p, option, name[length] ? name + length + 1 : NULL);
	if (strcmp(name, "help") == 0) {
		p->help = true;
		return 0;
	}
	return refuse_unknown(p, dashes, name, length);
}

/* "-tdb DIR": flags, then at most one that takes the rest of the word or the next one. */
static int parse_letters(struct parser *p, char *letters)
{
	for (; *letters; letters++) {
		const struct opt *option = find_letter(p->options, *letters);

		if (!option && *letters == 'h') {
			p->help = true;
			continue;
		}
		if (!option)
			return refuse_unknown(p, "-", letters, strlen(letters));
		if (is_flag(option) && letters[1] != '=') {
			if (take(p, option, NULL) < 0)
				return -1;
			continue;
		}
		letters += letters[1] == '=' ? 2 : 1;
		return take(p, option, *letters ? letters : NULL);
	}
	return 0;
}

/* -bundle DIR is Go's spelling of --bundle DIR; getopt_long(3) would read -b undle. */
static int parse_word(struct parser *p, char *word)
{
	size_t length = strcspn(word + 1, "=");

	if (word[1] == '-')
		return parse_name(p, word + 2, "--");
	if (length > 1 && (find_name(p->options, word + 1, length) || !strcmp(word, "-help")))
		return parse_name(p, word + 1, "-");
	if (find_letter(p->options, word[1]) || word[1] == 'h')
		return parse_letters(p, word + 1);
	return parse_name(p, word + 1, "-");
}

static int add_operands(struct parser *p, struct str_list *operands)
{
	if (operands->count == 0) { /* the end of argv is a list already */
		operands->items = p->next;
		while (p->next[operands->count])
			operands->count++;
		return 0;
	}
	for (; *p->next; p->next++)
		if (str_list_add(operands, p->arena, *p->next) < 0)
			return -1;
	return 0;
}

int opts_parse(const struct opt *options, enum opts_order order, char **argv, struct arena *arena,
	       void *values, struct str_list *ret_operands)
{
	struct parser p = {.options = options, .arena = arena, .values = values, .next = argv};
	struct str_list operands = {0};
	char *word;

	while ((word = *p.next)) {
		bool operand = word[0] != '-' || word[1] == '\0';

		if (operand && order == OPTS_FIRST)
			break;
		p.next++;
		if (strcmp(word, "--") == 0)
			break;
		if ((operand ? str_list_add(&operands, arena, word) : parse_word(&p, word)) < 0)
			return -1;
	}
	if (add_operands(&p, &operands) < 0)
		return -1;
	*ret_operands = operands;
	return p.help;
}

void opts_print_help(const struct opt *options)
{
	for (; options->name; options++) {
		char letter[] = {'-', options->letter, ',', '\0'};
		int width;

		if (!opts_is_shown(options))
			continue;
		width = printf("  %3s --%s %s", options->letter ? letter : "", options->name,
			       options->value ? options->value : "");
		if (width >= HELP_COLUMN) {
			printf("\n");
			width = 0;
		}
		printf("%*s%s\n", HELP_COLUMN - width, "", options->help);
	}
}
