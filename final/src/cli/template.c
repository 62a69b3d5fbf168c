/*
 * template.c: a template is executed while it is read: {{range}} goes back to where its body began,
 * the part of an {{if}} that does not count is read without effect. What is between the braces is
 * template_value.c's. See template.h; next file: template_value.c
 */
#include "template.h"
#include "../base/err.h"
#include "../base/json.h"
#include "template_value.h"

#include <ctype.h>
#include <string.h>

enum { DEPTH_MAX = 32 };

/* What ended a block. */
enum block_end { BLOCK_TEXT_END, BLOCK_END, BLOCK_ELSE, BLOCK_FAILED };

struct machine {
	const char *at;	    /* what has not been read */
	const char *action; /* inside of the braces that were read last */
	struct template_scope scope;
	FILE *out;
	int depth;
};

static enum block_end run_block(struct machine *machine, bool live);

static enum block_end fail(const struct machine *machine)
{
	err_wrap("{{%.60s}}", machine->action);
	return BLOCK_FAILED;
}

/* Text outside of braces: \t and \n are what people type in a shell's quotes. */
static void put_text(FILE *out, const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		bool escape = text[i] == '\\' && i + 1 < length;

		if (escape && (text[i + 1] == 't' || text[i + 1] == 'n'))
			fputc(text[++i] == 't' ? '\t' : '\n', out);
		else
			fputc(text[i], out);
	}
}

/* The end of an action: braces within quotes are text. NULL: there is none. */
static const char *end_of_action(const char *at)
{
	char quote = '\0';

	for (; *at; at++) {
		if (quote && *at == '\\' && quote == '"' && at[1])
			at++;
		else if (quote)
			quote = *at == quote ? '\0' : quote;
		else if (*at == '"' || *at == '`')
			quote = *at;
		else if (at[0] == '}' && at[1] == '}')
			return at;
	}
	return NULL;
}

/* "{{-" takes the blanks before it away, "-}}" those behind it. */
static size_t trimmed_length(const char *text, size_t length, const char *open)
{
	if (open && open[2] == '-' && isspace((unsigned char)open[3]))
		while (length > 0 && isspace((unsigned char)text[length - 1]))
			length--;
	return length;
}

/* Writes the text up to the next action and reads that: 1; 0: there is none; -1. */
static int next_action(struct machine *machine, bool live)
{
	const char *open = strstr(machine->at, "{{"), *end;
	size_t length = open ? (size_t)(open - machine->at) : strlen(machine->at);

	length = trimmed_length(machine->at, length, open);
	if (live)
		put_text(machine->out, machine->at, length);
	if (!open)
		return 0;
	end = end_of_action(open);
	if (!end)
		return err_set(EINVAL, "'%.40s': the braces are not closed: expected }}", open);
	machine->at = end + 2;
	open += open[2] == '-' ? 3 : 2;
	if (end[-1] == '-' && end - 1 > open) {
		end--;
		machine->at += strspn(machine->at, " \t\n");
	}
	open += strspn(open, " \t\n");
	while (end > open && isspace((unsigned char)end[-1]))
		end--;
	machine->action = arena_copy(machine->scope.arena, open, (size_t)(end - open));
	return machine->action ? 1 : -1;
}

/* What follows a word at the beginning of an action; NULL: it begins with another one. */
static const char *after_word(const char *action, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(action, word, length) != 0 || isalnum((unsigned char)action[length]))
		return NULL;
	return action + length + strspn(action + length, " \t");
}

static enum block_end expect_end(enum block_end met)
{
	if (met == BLOCK_TEXT_END) {
		err_set(EINVAL, "there is no {{end}} for it");
		return BLOCK_FAILED;
	}
	return met;
}

/* The rest of an {{if}} after one block: more of them as long as there is {{else}}. */
static enum block_end run_else(struct machine *machine, enum block_end met, bool wanted)
{
	while (met == BLOCK_ELSE) {
		const char *rest = after_word(machine->action, "else");
		const char *condition = rest ? after_word(rest, "if") : NULL;
		struct template_value value;
		bool live = wanted;

		if (condition && wanted) {
			if (template_evaluate(&machine->scope, condition, &value) < 0)
				return fail(machine);
			live = template_is_true(&value);
		}
		wanted = wanted && !live;
		met = expect_end(run_block(machine, live));
	}
	return met;
}

static enum block_end run_if(struct machine *machine, const char *pipe, bool with, bool live)
{
	struct template_value value = {0}, outer = machine->scope.dot;
	bool holds = false;
	enum block_end met;

	if (live) {
		if (template_evaluate(&machine->scope, pipe, &value) < 0)
			return fail(machine);
		holds = template_is_true(&value);
	}
	if (with && holds)
		machine->scope.dot = value;
	met = expect_end(run_block(machine, holds));
	machine->scope.dot = outer;
	return run_else(machine, met, live && !holds);
}

/* "$key, $value := PIPE", "$value := PIPE": names that begin at the dollar, or NULL. */
struct range_names {
	const char *key, *value;
};

static int read_names(struct machine *machine, const char **pipe, struct range_names *ret_names)
{
	struct range_names names = {NULL, NULL};
	const char *assigned = strstr(*pipe, ":="), *at = *pipe;

	while (assigned && at < assigned) {
		size_t length = strcspn(at, " ,:");

		if (*at != '$' || names.key)
			return err_set(EINVAL, "expected {{range $key, $value := .Field}}");
		names.key = names.value;
		names.value = arena_copy(machine->scope.arena, at, length);
		at += length;
		at += strspn(at, " ,");
	}
	if (assigned)
		*pipe = assigned + 2;
	*ret_names = names;
	return 0;
}

static enum block_end run_body(struct machine *machine, const char *body,
			       const struct range_names *names, const struct template_value *key,
			       const struct template_value *value)
{
	struct template_value outer = machine->scope.dot;
	size_t variables = machine->scope.count;
	enum block_end met = BLOCK_FAILED;

	machine->at = body;
	machine->scope.dot = *value;
	if (template_set_variable(&machine->scope, names->key, key) == 0 &&
	    template_set_variable(&machine->scope, names->value, value) == 0)
		met = run_block(machine, true);
	machine->scope.dot = outer;
	machine->scope.count = variables;
	return expect_end(met);
}

static enum block_end run_range(struct machine *machine, const char *pipe, bool live)
{
	const char *body = machine->at;
	struct template_value whole = {0}, key, value;
	enum block_end met = BLOCK_FAILED;
	struct range_names names = {NULL, NULL};
	size_t count = 0;

	if (live && (read_names(machine, &pipe, &names) < 0 ||
		     template_evaluate(&machine->scope, pipe, &whole) < 0 ||
		     template_count(&whole, &count) < 0))
		return fail(machine);
	for (size_t i = 0; i < count; i++) {
		if (template_item(&machine->scope, &whole, i, &key, &value) < 0)
			return BLOCK_FAILED;
		met = run_body(machine, body, &names, &key, &value);
		if (met == BLOCK_FAILED)
			return met;
	}
	if (count == 0)
		met = expect_end(run_block(machine, false));
	return run_else(machine, met, live && count == 0);
}

static enum block_end run_print(struct machine *machine)
{
	struct template_value value;
	char *text;

	if (template_evaluate(&machine->scope, machine->action, &value) < 0 ||
	    template_text(&machine->scope, &value, &text) < 0)
		return fail(machine);
	fputs(text, machine->out);
	return BLOCK_END;
}

/* One action that is no {{end}} or {{else}}; BLOCK_END: done. */
static enum block_end run_action(struct machine *machine, bool live)
{
	const char *action = machine->action, *rest;

	if (str_has_prefix(action, "/*"))
		return BLOCK_END;
	if ((rest = after_word(action, "if")))
		return run_if(machine, rest, false, live);
	if ((rest = after_word(action, "with")))
		return run_if(machine, rest, true, live);
	if ((rest = after_word(action, "range")))
		return run_range(machine, rest, live);
	return live ? run_print(machine) : BLOCK_END;
}

static enum block_end run_block(struct machine *machine, bool live)
{
	enum block_end met = BLOCK_END;
	int more = 0;

	if (++machine->depth > DEPTH_MAX) {
		err_set(EINVAL, "more than %d blocks within each other", DEPTH_MAX);
		return BLOCK_FAILED;
	}
	while (met == BLOCK_END && (more = next_action(machine, live)) > 0) {
		if (after_word(machine->action, "end"))
			break;
		met = after_word(machine->action, "else") ? BLOCK_ELSE : run_action(machine, live);
	}
	machine->depth--;
	if (more < 0 || met != BLOCK_END)
		return more < 0 ? BLOCK_FAILED : met;
	return more == 0 ? BLOCK_TEXT_END : BLOCK_END;
}

static int run_all(struct machine *machine)
{
	enum block_end met = run_block(machine, true);

	if (met == BLOCK_END || met == BLOCK_ELSE)
		return err_set(EINVAL, "{{%s}} without an {{if}}, {{with}} or {{range}} before it",
			       machine->action);
	return met == BLOCK_FAILED ? -1 : 0;
}

int template_expand(const char *template, const struct json_object *root,
		    const struct str_map *texts, struct arena *arena, char **ret_text)
{
	auto_json struct json_object *made = json_new_array();
	auto_free char *buffer = NULL;
	size_t length = 0;
	struct machine machine = {.at = template, .action = ""};
	int result;

	machine.scope =
		(struct template_scope){.arena = arena, .root = root, .texts = texts, .made = made};
	machine.scope.dot = (struct template_value){.kind = TEMPLATE_JSON, .json = root};
	machine.out = open_memstream(&buffer, &length);
	if (!machine.out)
		return err_sys("--format");
	result = run_all(&machine);
	if (fclose(machine.out) != 0)
		return err_set(ENOMEM, "out of memory");
	if (result < 0)
		return -1;
	*ret_text = arena_copy(arena, buffer, length);
	return *ret_text ? 0 : -1;
}
