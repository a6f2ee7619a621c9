/* local.h - the command line's way to a house: ordinary requests over the socket in its data
 * folder, with a short token signed by the folder's key. Blocking; for commands only, never for a
 * server. */
#ifndef PESAN_ACCOUNT_LOCAL_H
#define PESAN_ACCOUNT_LOCAL_H

#include "app/app.h"
#include "base/json.h"

/* A house that can be asked: the running server, or one that runs in this process for a moment. */
struct local;

/* Reach the server of the folder, or start the house with the named services. NULL with a clear
 * line in *why_r. `config` and `services` must outlive it. */
MUST_USE struct local *local_open(const struct app_config *config,
                                  const struct service *const *services, size_t count,
                                  const char **why_r);

/* Ends the house if it runs in this process. Accepts NULL. */
void local_close(struct local **local);

/* Ask; `body` is JSON or empty. Returns the status, 0 when there was no answer; *answer_r is what
 * was answered (json_decref() it), NULL when that was nothing or no JSON. */
MUST_USE int local_ask(struct local *l, const char *method, const char *path, struct str body,
                       json_t **answer_r);

#endif
