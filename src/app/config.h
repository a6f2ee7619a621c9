/* config.h - reads the settings of tbl/config.h: flag > environment > file > default. What is not
 * understood is refused with one clear line; nothing starts half configured. */
#ifndef PESAN_APP_CONFIG_H
#define PESAN_APP_CONFIG_H

#include "app/app.h"

#define CONFIG_WHY_MAX 512

/* A flag that one command has beside the settings; takes a value. */
struct config_flag {
    const char *name;     /* "user" */
    const char **value_r; /* set to what was given, borrowed from argv */
};

/* The settings and the memory of their texts. */
struct config {
    struct app_config values; /* what services see */
    struct arena *arena;      /* every text lives here */
};

/* Read all sources. `args` are the words behind the command, `env` looks a variable up (NULL:
 * absent), `extra` ends with name == NULL and may be NULL. False with a line in why. */
MUST_USE bool config_read(struct config *c, size_t count, char *const *args,
                          const char *(*env)(const char *name), const struct config_flag *extra,
                          char why[CONFIG_WHY_MAX]);

void config_fini(struct config *c);

/* All flags with their meaning, for `pesan help`. */
void config_help(struct buf *out);

#endif
