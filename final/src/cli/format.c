/*
 * format.c: rows, and the three ways to show them. A row is a JSON object and, beside it, a text for
 * each column. A table is lines of cells with tabs between, which are aligned when all are there.
 * See format.h; next file: template.h
 */
#include "format.h"
#include "../base/err.h"
#include "../base/json.h"
#include "template.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

/* Go's text/tabwriter, as docker calls it: a cell has three blanks behind it, and ten columns. */
enum { CELL_MIN = 10, CELL_GAP = 3, TABLE_COLUMNS = 32 };

struct format_line {
	struct json_object *json;
	char **texts; /* one for each column; NULL: "" */
	struct format_line *next;
};

/* --- rows --- */

static void fail_if(struct format *format, bool failed)
{
	format->failed = format->failed || failed;
}

static size_t column_of(const struct format *format, const char *key)
{
	size_t i = 0;

	while (i < format->count && strcmp(format->columns[i].key, key) != 0)
		i++;
	return i;
}

void format_row(struct format *format)
{
	struct format_line *line = arena_alloc(format->arena, sizeof(*line));

	if (line) {
		line->json = json_new_object();
		line->texts = arena_alloc(format->arena, (format->count + 1) * sizeof(char *));
	}
	fail_if(format, !line || !line->json || !line->texts);
	if (format->failed) {
		if (line)
			json_free(line->json);
		return;
	}
	*format->end = format->last = line;
	format->end = &line->next;
}

/* `shown` is in the arena. A key that is no column is in JSON alone. */
static void add_cell(struct format *format, const char *key, struct json_object *value, char *shown)
{
	size_t column = column_of(format, key);

	if (format->failed || !format->last) {
		json_free(value);
		return;
	}
	fail_if(format, json_add(format->last->json, key, value) < 0 || !shown);
	if (shown && column < format->count)
		format->last->texts[column] = str_printable(shown);
}

void format_text(struct format *format, const char *key, const char *text)
{
	text = text ? text : "";
	add_cell(format, key, json_new_string(text), arena_copy(format->arena, text, strlen(text)));
}

void format_set(struct format *format, const char *key, const char *text, ...)
{
	auto_free char *made = NULL;
	va_list args;

	va_start(args, text);
	if (vasprintf(&made, text, args) < 0) {
		made = NULL;
		err_set(ENOMEM, "out of memory");
	}
	va_end(args);
	fail_if(format, !made);
	format_text(format, key, made);
}

void format_number(struct format *format, const char *key, int64_t value, const char *shown)
{
	add_cell(format, key, json_new_int(value),
		 shown ? arena_copy(format->arena, shown, strlen(shown))
		       : arena_format(format->arena, "%" PRId64, value));
}

void format_bool(struct format *format, const char *key, bool value)
{
	add_cell(format, key, json_new_bool(value),
		 arena_format(format->arena, "%s", value ? "true" : "false"));
}

void format_list(struct format *format, const char *key, const struct str_list *list)
{
	struct json_object *array = json_new_array();

	for (size_t i = 0; i < list->count; i++)
		fail_if(format, json_append(array, json_new_string(list->items[i])) < 0);
	add_cell(format, key, array, str_join(list, ",", format->arena));
}

void format_map(struct format *format, const char *key, const struct str_map *map)
{
	struct json_object *object = json_new_object();
	char *shown = arena_format(format->arena, "%s", "");

	for (size_t i = 0; i < map->count; i++) {
		const struct str_pair *pair = &map->items[i];

		fail_if(format, json_add(object, pair->key, json_new_string(pair->value)) < 0);
		if (shown)
			shown = arena_format(format->arena, "%s%s%s=%s", shown, i ? "," : "",
					     pair->key, pair->value);
	}
	add_cell(format, key, object, shown);
}

void format_json(struct format *format, const char *key, struct json_object *value,
		 const char *shown)
{
	shown = shown ? shown : "";
	add_cell(format, key, value, arena_copy(format->arena, shown, strlen(shown)));
}

/* --- cells --- */

static bool starts_character(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80; /* UTF-8: 10xxxxxx goes on with one */
}

static int width_of(const char *text, size_t length)
{
	int width = 0;

	for (size_t i = 0; i < length; i++)
		width += starts_character(text[i]);
	return width;
}

static size_t bytes_of(const char *text, int characters)
{
	size_t i = 0;

	for (; text[i]; i++)
		if (starts_character(text[i]) && characters-- == 0)
			break;
	return i;
}

/* What is shown of a text in a column. */
static const char *cut(const struct format *format, const struct format_column *column,
		       const char *text)
{
	if (!text)
		return "";
	if (column->width == 0 || format->options.no_trunc)
		return text;
	if (column->width < 0) {
		text += str_has_prefix(text, "sha256:") ? strlen("sha256:") : 0;
		return arena_format(format->arena, "%.*s", -column->width, text);
	}
	if (width_of(text, strlen(text)) <= column->width)
		return text;
	return arena_format(format->arena, "%.*s…", (int)bytes_of(text, column->width - 1), text);
}

/* --- tables --- */

static size_t cell_length(const char *cell)
{
	return strcspn(cell, "\t");
}

static void measure(const struct str_list *lines, int widths[TABLE_COLUMNS])
{
	for (size_t i = 0; i < lines->count; i++) {
		const char *cell = lines->items[i];

		for (int column = 0; column < TABLE_COLUMNS; column++) {
			size_t length = cell_length(cell);
			int width = width_of(cell, length) + CELL_GAP;

			if (cell[length] == '\0')
				break;
			if (width > widths[column])
				widths[column] = width;
			cell += length + 1;
		}
	}
}

static void print_table(const struct str_list *lines)
{
	int widths[TABLE_COLUMNS];

	for (int i = 0; i < TABLE_COLUMNS; i++)
		widths[i] = CELL_MIN;
	measure(lines, widths);
	for (size_t i = 0; i < lines->count; i++) {
		const char *cell = lines->items[i];

		for (int column = 0;; column++) {
			size_t length = cell_length(cell);
			int width = width_of(cell, length);
			bool last = cell[length] == '\0';

			printf("%.*s", (int)length, cell);
			if (last)
				break;
			printf("%*s", column < TABLE_COLUMNS ? widths[column] - width : CELL_GAP,
			       "");
			cell += length + 1;
		}
		printf("\n");
	}
}

static const char *title_of(const struct format *format, const struct format_column *column)
{
	char *title;

	if (column->title)
		return column->title;
	title = arena_format(format->arena, "%s", column->key);
	for (char *c = title; c && *c; c++)
		*c = toupper((unsigned char)*c);
	return title;
}

/* The cells of a line, or the titles if it is NULL, with tabs between. */
static char *join_cells(const struct format *format, const struct format_line *line)
{
	char *joined = NULL;

	for (size_t i = 0; i < format->count; i++) {
		const struct format_column *column = &format->columns[i];
		const char *cell = line ? cut(format, column, line->texts[i]) : column->title;

		if (!column->title)
			continue;
		joined = arena_format(format->arena, "%s%s%s", joined ? joined : "",
				      joined ? "\t" : "", cell ? cell : "");
		if (!joined)
			return NULL;
	}
	return joined;
}

/* --- templates --- */

/* What {{.Key}} prints of a line; of NULL: the titles. */
static int fill_texts(const struct format *format, const struct format_line *line,
		      struct str_map *ret_texts)
{
	struct str_map texts = {.count = format->count};

	texts.items = arena_alloc(format->arena, (format->count + 1) * sizeof(*texts.items));
	if (!texts.items)
		return -1;
	for (size_t i = 0; i < format->count; i++) {
		const struct format_column *column = &format->columns[i];

		texts.items[i].key = (char *)column->key;
		texts.items[i].value = (char *)(line ? cut(format, column, line->texts[i])
						     : title_of(format, column));
		if (!texts.items[i].value)
			return -1;
	}
	*ret_texts = texts;
	return 0;
}

/* Columns that the row did not set are "": a template may ask for them. */
static int fill_blanks(const struct format *format, const char *const *texts,
		       struct json_object *object)
{
	for (size_t i = 0; i < format->count; i++)
		if ((!texts || !texts[i]) &&
		    json_add(object, format->columns[i].key, json_new_string("")) < 0)
			return -1;
	return 0;
}

static int expand_line(const struct format *format, const struct format_line *line,
		       const char *template, char **ret_text)
{
	auto_json struct json_object *blank = line ? NULL : json_new_object();
	struct str_map texts;

	if (fill_texts(format, line, &texts) < 0 ||
	    fill_blanks(format, line ? (const char *const *)line->texts : NULL,
			line ? line->json : blank) < 0)
		return -1;
	if (template_expand(template, line ? line->json : blank, &texts, format->arena, ret_text) <
	    0)
		return err_wrap("--format");
	return 0;
}

static const char *table_template(const struct format *format)
{
	const char *text = format->options.format;

	return text && str_has_prefix(text, "table ") ? text + strlen("table ") : NULL;
}

static bool is_table(const struct format *format)
{
	const char *text = format->options.format;

	return !text || strcmp(text, "table") == 0 || table_template(format);
}

static bool is_json(const struct format *format)
{
	return format->options.format && strcmp(format->options.format, "json") == 0;
}

/* A word without braces would be printed for each row: hardly what was meant. */
static int check_template(const struct format *format)
{
	const char *template = is_table(format) ? table_template(format) : format->options.format;
	char *ignored;

	if (!template || is_json(format))
		return 0;
	if (!strstr(template, "{{"))
		return err_set(EINVAL,
			       "--format '%s': expected table, json, or a template such as "
			       "'{{.%s}}'",
			       template, format->columns[0].key);
	return expand_line(format, NULL, template, &ignored);
}

/* --- all of it --- */

int format_open(const struct format_column *columns, const struct format_options *options,
		struct arena *arena, struct format *ret_format)
{
	struct format format = {.columns = columns, .options = *options, .arena = arena};

	if (options->quiet)
		format.options.format = NULL;
	while (columns[format.count].key)
		format.count++;
	if (check_template(&format) < 0)
		return -1;
	*ret_format = format;
	ret_format->end = &ret_format->first;
	return 0;
}

static int print_json(const struct format *format)
{
	const char *before = "[";
	char *text;

	for (const struct format_line *line = format->first; line; line = line->next) {
		if (fill_blanks(format, (const char *const *)line->texts, line->json) < 0 ||
		    json_text(line->json, JSON_ONE_LINE, format->arena, &text) < 0)
			return -1;
		printf("%s%s%s", format->options.stream ? "" : before, text,
		       format->options.stream ? "\n" : "");
		before = ",\n ";
	}
	if (!format->options.stream)
		printf("%s]\n", format->first ? "" : "[");
	return 0;
}

static int print_quiet(const struct format *format)
{
	for (const struct format_line *line = format->first; line; line = line->next)
		printf("%s\n", cut(format, &format->columns[0], line->texts[0]));
	return 0;
}

/* Room for all of them, and the titles. */
static char **new_lines(const struct format *format)
{
	size_t count = 2;

	for (const struct format_line *line = format->first; line; line = line->next)
		count++;
	return arena_alloc(format->arena, count * sizeof(char *));
}

/* line NULL: the titles. */
static int make_line(const struct format *format, const struct format_line *line,
		     const char *template, struct str_list *lines)
{
	char *text = template ? NULL : join_cells(format, line);

	if (template && expand_line(format, line, template, &text) < 0)
		return -1;
	lines->items[lines->count++] = text;
	return text ? 0 : -1;
}

static int print_lines(const struct format *format)
{
	const char *template = is_table(format) ? table_template(format) : format->options.format;
	bool titles = is_table(format) && !format->options.no_titles;
	struct str_list lines = {.items = new_lines(format)};

	if (!lines.items)
		return -1;
	if (titles && make_line(format, NULL, template, &lines) < 0)
		return -1;
	for (const struct format_line *line = format->first; line; line = line->next)
		if (make_line(format, line, template, &lines) < 0)
			return -1;
	if (is_table(format))
		print_table(&lines);
	for (size_t i = 0; i < lines.count && !is_table(format); i++)
		printf("%s\n", lines.items[i]);
	return 0;
}

static int print_all(const struct format *format)
{
	if (format->options.quiet)
		return print_quiet(format);
	return is_json(format) ? print_json(format) : print_lines(format);
}

int format_close(struct format *format)
{
	int result = format->failed ? -1 : print_all(format);

	for (struct format_line *line = format->first; line; line = line->next)
		json_free(line->json);
	format->first = format->last = NULL;
	format->end = &format->first;
	if (result == 0 && fflush(stdout) != 0)
		return err_sys("write to standard output");
	return result;
}

int format_objects(const char *template, struct json_object *array, struct arena *arena)
{
	bool json = !template || strcmp(template, "json") == 0;
	char *text;

	if (json && json_count(array) == 0) {
		printf("[]\n");
	} else if (json) {
		if (json_text(array, template ? JSON_ONE_LINE : JSON_PRETTY, arena, &text) < 0)
			return -1;
		printf("%s\n", text);
	}
	for (size_t i = 0; i < json_count(array) && !json; i++) {
		if (template_expand(template, json_item(array, i), NULL, arena, &text) < 0)
			return err_wrap("--format");
		printf("%s\n", text);
	}
	return fflush(stdout) == 0 ? 0 : err_sys("write to standard output");
}

/* --- sizes --- */

static struct format_size scale(uint64_t bytes, double step, const char *const units[],
				size_t count, int digits)
{
	struct format_size size;
	double value = bytes;
	size_t unit = 0;

	/* 999.6 would be written as 1e+03. */
	for (; value >= step - 0.5 && unit < count - 1; unit++)
		value /= step;
	snprintf(size.text, sizeof(size.text), "%.*g%s", digits, value, units[unit]);
	return size;
}

struct format_size format_size(uint64_t bytes)
{
	static const char *const units[] = {"B", "kB", "MB", "GB", "TB", "PB", "EB"};

	return scale(bytes, 1000, units, ARRAY_SIZE(units), 3);
}

struct format_size format_bytes(uint64_t bytes)
{
	static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};

	return scale(bytes, 1024, units, ARRAY_SIZE(units), 4);
}
