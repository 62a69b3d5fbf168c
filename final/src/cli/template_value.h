/*
 * template_value.h: what is between the braces of a template: fields, functions, pipelines.
 *
 *	template_evaluate(&scope, ".State.Pid | json", &value)
 *	template_text(&scope, &value, &text)
 *
 * No side effects. Next file: template_function.c
 */
#pragma once

#include "template.h"

enum template_kind {
	TEMPLATE_NOTHING, /* `text`, if there is one, is what is shown of it */
	TEMPLATE_JSON,	  /* the same */
	TEMPLATE_TEXT,
	TEMPLATE_NUMBER, /* of `text` */
	TEMPLATE_TRUTH,	 /* "true", "false" */
};

struct template_value {
	enum template_kind kind;
	const struct json_object *json;
	const char *text;
	bool is_map; /* its keys are chosen by people: one that is not there is no error */
};

struct template_variable {
	const char *name; /* "$key" */
	struct template_value value;
};

enum { TEMPLATE_VARIABLES = 16, TEMPLATE_ARGUMENTS = 8 };

struct template_scope {
	struct arena *arena;
	const struct json_object *root;
	const struct str_map *texts;
	struct json_object *made; /* an array of what functions have made */
	struct template_value dot;
	struct template_variable variables[TEMPLATE_VARIABLES];
	size_t count; /* of variables */
};

int template_evaluate(const struct template_scope *scope, const char *pipe,
		      struct template_value *ret_value) MUST_CHECK;
bool template_is_true(const struct template_value *value);
int template_text(const struct template_scope *scope, const struct template_value *value,
		  char **ret_text) MUST_CHECK;

/* Of what {{range}} goes over; what is not there has none. */
int template_count(const struct template_value *value, size_t *ret_count) MUST_CHECK;
int template_item(const struct template_scope *scope, const struct template_value *whole,
		  size_t index, struct template_value *ret_key,
		  struct template_value *ret_value) MUST_CHECK;

/* NULL: it has no name, and is forgotten. */
int template_set_variable(struct template_scope *scope, const char *name,
			  const struct template_value *value) MUST_CHECK;

/* A member of an object; not there: NOTHING. */
struct template_value template_member(const struct template_value *value, const char *key);

/* Functions; template_function.c. ENOENT: there is none of that name. */
int template_call(const struct template_scope *scope, const char *name,
		  const struct template_value *arguments, size_t count,
		  struct template_value *ret_value) MUST_CHECK;
