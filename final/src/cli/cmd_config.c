/* cmd_config.c: config show: what holds now, and who said so. Next file: cmd_system.c */
#include "command.h"
#include "config.h"
#include "format.h"

#include <string.h>

struct show_options {
	struct format_options format;
};

static const struct opt show_options[] = {FORMAT_OPTION(struct show_options, format), {0}};

static const struct format_column show_columns[] = {
	{"Key", "KEY"}, {"Value", "VALUE"}, {"Source", "SOURCE"}, {"Help", "HELP"}, {0}};

/* What holds if nobody says anything. */
static const char *fallback_of(const struct config_setting *setting, const struct place *place)
{
	if (strcmp(setting->key, "data") == 0)
		return place->data;
	if (strcmp(setting->key, "state") == 0)
		return place->run;
	return setting->fallback;
}

static void add_row(const struct command_line *line, struct format *list,
		    const struct config_value *value)
{
	const struct config_setting *setting = value->setting;

	format_row(list);
	format_text(list, "Key", setting->key);
	if (setting->type == OPT_LIST)
		format_list(list, "Value", &value->texts);
	else
		format_text(list, "Value",
			    value->texts.count ? value->texts.items[0]
					       : fallback_of(setting, line->place));
	format_text(list, "Source", value->source);
	format_text(list, "Help", setting->help);
}

static int run_show(const struct command_line *line)
{
	const struct show_options *options = line->values;
	const struct config *config = line->config;
	const struct config_value *value;
	struct format list;

	if (format_open(show_columns, &options->format, line->arena, &list) < 0)
		return -1;
	for (size_t i = 0; i < line->count; i++) {
		if (config_find(config, line->operands[i], &value) < 0)
			return -1;
		add_row(line, &list, value);
	}
	for (size_t i = 0; i < config->count && line->count == 0; i++)
		add_row(line, &list, &config->values[i]);
	return format_close(&list);
}

const struct command cmd_config[] = {
	{"config show", NULL, "[KEY...]", "Show what is configured, and where it comes from",
	 "husk config show --format json", show_options, sizeof(struct show_options), OPTS_ANYWHERE,
	 0, COMMAND_MANY, .run = run_show},
	{0}};
