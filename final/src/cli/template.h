/*
 * template.h: the part of Go's templates that people use with docker and podman.
 *
 *	template_expand("{{.Name}}: {{json .State}}", object, NULL, &arena, &text)
 *
 *	{{.A.B}}  {{json .A}}  {{index .A 0 "key"}}  {{len .A}}  {{join .A ","}}  {{upper .A}}
 *	{{lower .A}}  {{println .A}}  {{.A | json}}  {{if .A}} {{else}} {{end}}  {{with .A}} {{end}}
 *	{{range .A}} {{.}} {{end}}  {{range $key, $value := .A}}  {{$key}}  {{eq .A "x"}}  {{not .A}}
 *	ne lt le gt ge and or  {{slice .A 0 12}}  {{split .A ":"}}  {{title .A}}  {{printf "%-10s" .A}}
 *	\t and \n outside of the braces
 *
 * The case of a field's letters does not count if one field alone has them: .ID is "Id" of inspect.
 * A field that is not there is an error, with the nearest one that is; a key of a map such as Labels
 * prints <no value>, as Go has it. No side effects. Next file: ../store/clock.h
 */
#pragma once

#include "../base/opts.h"

struct json_object;

/*
 * `texts`, or NULL: what {{.Key}} prints of the root's members in the place of their values: a size
 * with its unit. EINVAL with the part of the template that cannot be.
 */
int template_expand(const char *template, const struct json_object *root,
		    const struct str_map *texts, struct arena *arena, char **ret_text) MUST_CHECK;
