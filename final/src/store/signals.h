/* signals.h: signals by name or number: TERM, SIGTERM, 15, RTMIN+3. Next file: signals.c */
#pragma once

#include "../base/scope.h"

int signals_parse(const char *text, int *ret_signal) MUST_CHECK;
