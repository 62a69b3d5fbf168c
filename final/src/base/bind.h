/*
 * bind.h: JSON objects <-> C structures, by tables: a row is a property.
 *
 *	#define AT(type, member) BIND_AT(struct spec_##type, member)
 *
 *	static const struct bind_field root_rows[] = {
 *		{"path", BIND_STRING, AT(root, path), .required = true},
 *		{"readonly", BIND_BOOL, AT(root, readonly)},
 *	};
 *	static const struct bind_table root = BIND_TABLE(struct spec_root, root_rows);
 *
 *	bind_read(&root, json, "config.json", &arena, &value)     value was zeroed
 *	bind_write(&root, &value, JSON_PRETTY, &arena, &text)
 *
 * Absent, null, and for strings "" as well, are the same: nothing is stored. Engines written in Go
 * write any of the three. Properties without a row are ignored, as config.md "Extensibility" wants;
 * at debug level the log names them. Messages have the path of the value:
 * "config.json: linux.resources.pids.limit: expected ...". PARENT. Next file: ../spec/spec.h
 */
#pragma once

#include "json.h"

#include <stddef.h>

enum bind_kind {
	BIND_BOOL,     /* bool */
	BIND_INT,      /* int, int32_t, int64_t */
	BIND_UINT,     /* uint32_t, uint64_t */
	BIND_STRING,   /* char * */
	BIND_OPT_BOOL, /* struct opt_bool */
	BIND_OPT_INT,  /* struct opt_i64 */
	BIND_OPT_UINT, /* struct opt_u32, struct opt_u64 */
	BIND_ENUM,     /* a string of `names`; char, int, uint32_t */
	BIND_OPT_ENUM, /* the same; struct opt_u32 */
	BIND_FLAGS,    /* strings of `names`, or-ed; uint32_t, uint64_t */
	BIND_STRINGS,  /* struct str_list */
	BIND_UINTS,    /* LIST_OF(uint32_t) */
	BIND_MAP,      /* an object of strings: struct str_map */
	BIND_INSIDE,   /* an object whose members are in this same structure: `table`, no AT() */
	BIND_EMBEDDED, /* an object: a structure in the structure, `table` */
	BIND_POINTER,  /* an object: a pointer to a structure of its own, `table` */
	BIND_LIST,     /* an array of objects: LIST_OF(struct), `table` */
	BIND_KEYED,    /* an object of objects: LIST_OF(struct); the key is its first member */
	BIND_IGNORED,  /* known, and of no meaning here */
	BIND_REFUSED,  /* an error unless empty: `reason` */
};

struct bind_name {
	const char *name; /* NULL ends the table */
	int64_t value;
};

struct bind_field {
	const char *key; /* two rows that follow each other may have the same key */
	enum bind_kind kind;
	size_t offset, size;
	bool required; /* an error if absent; written even if zero */
	bool always;   /* written even if zero */
	int64_t min;   /* of integers; min 0 and max 0: what the type holds */
	uint64_t max;
	union {
		const struct bind_table *table;
		const struct bind_name *names;
		const char *reason;
	};
};

struct bind_table {
	size_t size; /* of the structure */
	const struct bind_field *fields;
	size_t count;
};

#define BIND_AT(type, member) offsetof(type, member), sizeof(((type *)0)->member)
#define BIND_TABLE(type, rows)                                                                     \
	{                                                                                          \
		sizeof(type), rows, ARRAY_SIZE(rows)                                               \
	}
#define BIND_NOWHERE 0, 0

/* `name` begins every message. Strings and lists are in the arena. */
int bind_read(const struct bind_table *table, const struct json_object *json, const char *name,
	      struct arena *arena, void *ret_value) MUST_CHECK;

/* In the order of the rows. What is zero, empty or unset is left out unless its row says so. */
int bind_write(const struct bind_table *table, const void *value, enum json_style style,
	       struct arena *arena, char **ret_text) MUST_CHECK;

/* Every property: "mounts[].destination", "annotations{}": the list of what the tables know. */
int bind_list(const struct bind_table *table, struct arena *arena,
	      struct str_list *ret_paths) MUST_CHECK;

/* The name of a value, or NULL; the value of a name. */
const char *bind_name_of(const struct bind_name *names, int64_t value);
bool bind_value_of(const struct bind_name *names, const char *name, int64_t *ret_value);
