/* user_command.h - `pesan user ...`: people added and changed from the command line. */
#ifndef PESAN_ACCOUNT_USER_COMMAND_H
#define PESAN_ACCOUNT_USER_COMMAND_H

#include "app/app.h"

/* What was typed; NULL where nothing was. */
struct user_command {
    const char *verb;      /* "add", "passwd", "role" */
    const char *name;      /* the username, or for the last two the id */
    const char *role;      /* as what */
    const char *email;     /* of a new one */
    const char *full_name; /* of a new one */
    const char *shop;      /* the id of the shop that gives a role of staff */
};

/* Do it by asking the running server, or a house that runs for this moment only. Returns the exit
 * status; says on stderr why not. */
int user_command(const struct app_config *config, const struct service *const *services,
                 size_t count, const struct user_command *typed);

#endif
