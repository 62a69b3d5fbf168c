/* clock.c: points of time. See clock.h; next file: ../cli/format.h */
#include "clock.h"
#include "../base/err.h"
#include "../base/stamp.h"

#include <string.h>
#include <time.h>

#define SECOND 1000000000LL

int clock_now(struct arena *arena, char **ret_text)
{
	*ret_text = arena_format(arena, "%s", stamp_now().text);
	return *ret_text ? 0 : -1;
}

/* ".123456789" */
static int64_t parse_fraction(const char **text)
{
	int64_t fraction = 0, unit = SECOND;

	if (**text != '.')
		return 0;
	for (++*text; **text >= '0' && **text <= '9'; ++*text)
		if (unit > 1) {
			unit /= 10;
			fraction += unit * (**text - '0');
		}
	return fraction;
}

/* "Z", "+01:00", nothing: seconds east of Greenwich. */
static bool parse_zone(const char *text, long *ret_seconds)
{
	int hours, minutes, end = 0;

	*ret_seconds = 0;
	if (!*text || strcmp(text, "Z") == 0)
		return true;
	if (sscanf(text, "%3d:%2d%n", &hours, &minutes, &end) != 2 || text[end])
		return false;
	*ret_seconds = 60L * (60 * hours + (*text == '-' ? -minutes : minutes));
	return true;
}

static bool parse_date(const char *text, int64_t *ret_ns)
{
	static const char *const formats[] = {"%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S",
					      "%Y-%m-%dT%H:%M", "%Y-%m-%d"};

	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		struct tm utc = {0};
		const char *rest = strptime(text, formats[i], &utc);
		int64_t fraction;
		long zone;

		if (!rest)
			continue;
		fraction = parse_fraction(&rest);
		if (!parse_zone(rest, &zone))
			continue;
		*ret_ns = (timegm(&utc) - zone) * SECOND + fraction;
		return true;
	}
	return false;
}

/* "1h30m", "10s": Go's durations. */
static bool parse_duration(const char *text, int64_t *ret_ns)
{
	static const struct {
		const char *unit;
		int64_t ns;
	} units[] = {
		{"ms", SECOND / 1000}, {"h", 3600 * SECOND}, {"m", 60 * SECOND}, {"s", SECOND}};
	int64_t total = 0;

	if (!*text)
		return false;
	while (*text) {
		char *end;
		double number = strtod(text, &end);
		size_t i;

		if (end == text || number < 0 || number > 1e9)
			return false;
		for (i = 0; i < ARRAY_SIZE(units); i++)
			if (str_has_prefix(end, units[i].unit))
				break;
		if (i == ARRAY_SIZE(units))
			return false;
		total += number * units[i].ns;
		text = end + strlen(units[i].unit);
	}
	*ret_ns = total;
	return true;
}

static bool parse_seconds(const char *text, int64_t *ret_ns)
{
	size_t digits = strspn(text, "0123456789");
	const char *rest = text + digits;

	if (digits == 0 || digits > 10)
		return false;
	*ret_ns = strtoll(text, NULL, 10) * SECOND + parse_fraction(&rest);
	return !*rest;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return time.tv_sec * SECOND + time.tv_nsec;
}

int clock_parse(const char *text, int64_t *ret_ns)
{
	int64_t ns;

	if (parse_date(text, ret_ns) || parse_seconds(text, ret_ns))
		return 0;
	if (!parse_duration(text, &ns))
		return err_set(
			EINVAL,
			"'%s': expected a point of time, as 2026-03-01T10:00:00Z, or how long "
			"ago, as 90s, 10m or 1h30m",
			text);
	*ret_ns = now() - ns;
	return 0;
}

char *clock_age(const char *text, struct arena *arena)
{
	static const struct {
		int64_t below, unit;
		const char *name;
	} steps[] = {{60, 1, "second"},
		     {3600, 60, "minute"},
		     {48 * 3600, 3600, "hour"},
		     {14 * 86400, 86400, "day"},
		     {60 * 86400, 7 * 86400, "week"},
		     {2 * 365 * 86400, 30 * 86400, "month"}};
	int64_t then, seconds, count;

	if (!text || !parse_date(text, &then))
		return arena_format(arena, "%s", "");
	seconds = (now() - then) / SECOND;
	if (seconds < 1)
		return arena_format(arena, "Less than a second");
	for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
		if (seconds >= steps[i].below)
			continue;
		count = seconds / steps[i].unit;
		if (count == 1 && i > 0)
			return arena_format(arena, "About %s %s", i == 2 ? "an" : "a",
					    steps[i].name);
		return arena_format(arena, "%ld %s%s", (long)count, steps[i].name,
				    count == 1 ? "" : "s");
	}
	return arena_format(arena, "%ld years", (long)(seconds / (365 * 86400)));
}
