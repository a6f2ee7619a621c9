/* app.h - the house as services see it: its configuration and what a service's own threads need. */
#ifndef PESAN_APP_APP_H
#define PESAN_APP_APP_H

#include "app/service.h"
#include "db/readers.h"
#include "db/writer.h"

/* All settings after flags, environment and file (tbl/config.h). Text is never NULL. */
struct app_config {
#define SETTING(field, name, kind, fallback, value, help) SETTING_##kind(field)
#define SETTING_text(field)                               const char *field;
#define SETTING_number(field)                             int64_t field;
#define SETTING_switch(field)                             bool field;
#include "app/tbl/config.h"
#undef SETTING
#undef SETTING_text
#undef SETTING_number
#undef SETTING_switch
};

struct app;
struct people;

/* The database's URL and the data folder by these settings; the URL is appended to `url` and
 * NUL-terminated. For commands that look into a folder without starting the house. */
const char *app_database_url(const struct app_config *config, struct buf *url);
const char *app_data_folder(const struct app_config *config);

/* Where in its folder a running server listens for the command line (HTTP on a UNIX socket);
 * appended to `path` and NUL-terminated. */
const char *app_socket_path(const struct app_config *config, struct buf *path);

const struct app_config *app_config(const struct app *app);

/* Append every route and socket of the house and these services, a line each:
 * "METHOD PATTERN NAME WHO", where WHO is "anyone" or roles joined by commas, or "SOCKET PATH
 * NAME". For a command that looks without starting the house. */
void app_list_routes(const struct service *const *services, size_t count, struct buf *out);

/* The port in use (listen may have said 0). */
int app_port(const struct app *app);

/* Is a service of this name running in this process? */
bool app_has_service(const struct app *app, const char *name);

/* Is there a way to pay online in this house: a payment service with a gateway behind it? */
bool app_online_payment(const struct app *app);

/* For threads of a service's own. */
struct writer *app_writer(struct app *app);
struct readers *app_readers(struct app *app);
struct journal *app_journal(struct app *app);
const struct token_key *app_token_key(const struct app *app);
const struct people *app_people(const struct app *app);

/* Slow work beside the house's own: run() on a worker's thread with a connection that reads, first
 * come first served; done() on `home`. At most a few wait: see call.h. */
struct readers *app_workers(struct app *app);

/* Start the house: database, migration, demo, writer, readers, followers, deadlines, loops,
 * listening, services. NULL with a clear line in *why_r. `config` and `services` must outlive it.
 */
MUST_USE struct app *app_start(const struct app_config *config,
                               const struct service *const *services, size_t count,
                               const char **why_r);

/* Serve until app_quit(); the calling thread becomes the first loop. */
void app_run(struct app *app);

/* Begin to end in order (SIGTERM): drained within 10 s. Async-signal-safe. */
void app_quit(struct app *app);

/* Stop services, write out, close, free. */
void app_free(struct app **app);

#endif
