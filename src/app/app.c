/* app.c - the house from start to end: what is opened in which order, and closed in the reverse. */
#include "app/app.h"

#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <unistd.h>

#include "app/house.h"
#include "app/opening.h"
#include "base/log.h"

#define READER_THREADS 2
#define WORKER_THREADS 1    /* a password's hash takes 64 MB */
#define DRAIN_MS       8000 /* of the 10 s in which all has to end */

static char why_line[512];

static bool no(const char **why_r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool no(const char **why_r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(why_line, sizeof why_line, fmt, args);
    va_end(args);
    *why_r = why_line;
    return false;
}

/* ---- What services ask ---- */

const struct app_config *app_config(const struct app *app)
{
    return app->config;
}

int app_port(const struct app *app)
{
    return app->port;
}

bool app_has_service(const struct app *app, const char *name)
{
    for (size_t i = 0; i < app->service_count; i++) {
        if (strcmp(app->services[i]->name, name) == 0)
            return true;
    }
    return false;
}

bool app_online_payment(const struct app *app)
{
    const struct app_config *config = app->config;
    bool gateway = config->demo || config->sandbox || *config->midtrans_server_key;
    return gateway && app_has_service(app, "payment");
}

struct writer *app_writer(struct app *app)
{
    return app->writer;
}

struct readers *app_readers(struct app *app)
{
    return app->readers;
}

struct journal *app_journal(struct app *app)
{
    return app->journal;
}

struct readers *app_workers(struct app *app)
{
    return app->workers;
}

const struct token_key *app_token_key(const struct app *app)
{
    return app->key;
}

const struct people *app_people(const struct app *app)
{
    return app->people;
}

/* ---- Services ---- */

/* Is `name` one of the words of --services? All are when it is empty. */
static bool listed(const char *list, const char *name)
{
    struct str rest = str_of(list);
    bool found = rest.len == 0;
    while (rest.len > 0)
        found |= str_is(str_trim(str_cut(&rest, ',')), name);
    return found;
}

static bool known(const struct service *const *services, size_t count, struct str name)
{
    for (size_t i = 0; i < count; i++) {
        if (str_is(name, services[i]->name))
            return true;
    }
    return false;
}

/* A service shares its transactions with those it needs. */
static bool needs_are_met(const struct app *app, const char **why_r)
{
    for (size_t i = 0; i < app->service_count; i++) {
        const struct service *s = app->services[i];
        if (s->needs && !app_has_service(app, s->needs))
            return no(why_r, "the service \"%s\" needs \"%s\" in the same process", s->name,
                      s->needs);
    }
    return true;
}

static bool choose_services(struct app *app, const struct service *const *services, size_t count,
                            const char **why_r)
{
    struct str rest = str_of(app->config->services);
    while (rest.len > 0) {
        struct str name = str_trim(str_cut(&rest, ','));
        if (!known(services, count, name))
            return no(why_r, "there is no service \"%.*s\" to run", STR_ARG(name));
    }
    app->services = mem_alloc((count + 1) * sizeof *app->services);
    app->services[app->service_count++] = &app_service;
    for (size_t i = 0; i < count; i++) {
        if (listed(app->config->services, services[i]->name))
            app->services[app->service_count++] = services[i];
    }
    if (!needs_are_met(app, why_r))
        return false;
    app->routes = route_tree_new();
    app->follower_rows = mem_alloc(app->service_count * sizeof *app->follower_rows);
    app->owners = mem_alloc(app->service_count * sizeof *app->owners);
    for (size_t i = 0; i < app->service_count; i++) {
        const struct service *s = app->services[i];
        route_tree_add(app->routes, s);
        if (s->reaction_count > 0)
            app->follower_rows[app->follower_count++] =
                (struct follower){s->name, s->reactions, s->reaction_count};
        if (s->due)
            app->owners[app->owner_count++] = (struct deadline_owner){s->name, s->due};
    }
    return true;
}

/* ---- Folder and database ---- */

const char *app_data_folder(const struct app_config *config)
{
    return *config->data ? config->data : "pesan-data";
}

static bool open_folder(struct app *app, const char **why_r)
{
    const char *path = app_data_folder(app->config);
    app->folder = folder_open(path, app->config->demo, why_r);
    if (!app->folder)
        return false;
    app_database_url(app->config, &app->url);
    app->key = token_key_open(str_of(app->config->access_token_key), path, true, why_r);
    return app->key != NULL;
}

const char *app_database_url(const struct app_config *config, struct buf *url)
{
    if (*config->db)
        buf_add_cstr(url, config->db);
    else
        buf_addf(url, "sqlite:%s/pesan.db", app_data_folder(config));
    return buf_cstr(url);
}

const char *app_socket_path(const struct app_config *config, struct buf *path)
{
    buf_addf(path, "%s/pesan.sock", app_data_folder(config));
    return buf_cstr(path);
}

static bool migrate(struct app *app, struct db *db, const char **why_r)
{
    struct migrations *all = mem_alloc((app->service_count + 2) * sizeof *all);
    size_t count = 0;
    all[count++] = journal_migrations;
    all[count++] = deadline_migrations;
    for (size_t i = 0; i < app->service_count; i++) {
        if (app->services[i]->migrations.count > 0)
            all[count++] = app->services[i]->migrations;
    }
    bool ok = db_migrate(db, all, count, why_line, sizeof why_line);
    mem_free(all);
    *why_r = why_line;
    return ok;
}

static bool open_database(struct app *app, const char **why_r)
{
    struct writer_hooks hooks;
    app->journal = journal_new(&hooks);
    struct db *db = db_open(buf_cstr(&app->url), DB_WRITE, why_r);
    if (!db)
        return false;
    bool ok = migrate(app, db, why_r);
    if (ok) {
        journal_load(app->journal, db);
        app->people = people_new(app->journal, db);
        ok = db->status == DB_OK || no(why_r, "the database cannot be read");
    }
    db_close(&db);
    if (!ok)
        return false;
    app->writer = writer_start(buf_cstr(&app->url), &hooks, why_r);
    return app->writer != NULL;
}

/* ---- Threads ---- */

static size_t loops_wanted(const struct app_config *config)
{
    cpu_set_t cores;
    if (config->loops > 0)
        return (size_t)config->loops;
    int count = sched_getaffinity(0, sizeof cores, &cores) == 0 ? CPU_COUNT(&cores) : 1;
    return count > 1 ? (size_t)count - 1 : 1;
}

static void set_port(struct sockaddr_storage *address, int port)
{
    if (address->ss_family == AF_INET6)
        ((struct sockaddr_in6 *)address)->sin6_port = htons((uint16_t)port);
    else
        ((struct sockaddr_in *)address)->sin_port = htons((uint16_t)port);
}

/* The first loop takes the port, whichever the kernel chose for 0; the others share it. */
static bool open_desks(struct app *app, const char **why_r)
{
    struct net_config net;
    net_config_default(&net);
    if (!net_parse_address(app->config->listen, &net.address))
        return no(why_r, "\"%s\" is no address", app->config->listen);
    size_t wanted = loops_wanted(app->config);
    app->desks = mem_alloc(wanted * sizeof *app->desks);
    while (app->desk_count < wanted) {
        struct desk *d = desk_new(app, &net, why_r);
        if (!d)
            return false;
        app->desks[app->desk_count++] = d;
        app->port = server_port(d->server);
        set_port(&net.address, app->port);
    }
    return true;
}

/* A client of Socket.IO may come in on any loop. */
static void link_engines(struct app *app)
{
    if (!app->desks[0]->io)
        return;
    app->engines = mem_alloc(app->desk_count * sizeof *app->engines);
    for (size_t i = 0; i < app->desk_count; i++)
        app->engines[i] = socketio_engine(app->desks[i]->io);
    engine_link(app->engines, app->desk_count);
}

/* The command line reaches a running server through its folder; without that it is served all the
 * same. */
static void open_folder_socket(struct app *app)
{
    struct buf path = {0};
    const char *why = "";
    app_socket_path(app->config, &path);
    if (!desk_listen_local(app->desks[0], buf_cstr(&path), &why))
        log_warn("APP-NO-LOCAL-SOCKET", LOG_C("why", why));
    buf_fini(&path);
}

static void asked_to_quit(struct watch *w, uint32_t events)
{
    struct app *app = CONTAINER_OF(w, struct app, quit);
    uint64_t count;
    (void)events;
    if (read(w->fd, &count, sizeof count) != sizeof count)
        return;
    if (atomic_exchange(&app->phase, HOUSE_DRAINING) == HOUSE_DRAINING)
        return;
    log_info("APP-STOPPING", LOG_N("port", app->port));
    for (size_t i = 0; i < app->desk_count; i++)
        desk_drain(app->desks[i], DRAIN_MS);
}

static bool start_followers(struct app *app, const char **why_r)
{
    app->followers =
        followers_start(app->journal, app->writer, app->follower_rows, app->follower_count);
    struct flusher *flusher = writer_flusher(app->writer);
    app->readers = readers_start(buf_cstr(&app->url), flusher, READER_THREADS, why_r);
    app->workers = readers_start(buf_cstr(&app->url), flusher, WORKER_THREADS, why_r);
    return app->readers && app->workers;
}

static bool start_loops(struct app *app, const char **why_r)
{
    if (!open_desks(app, why_r))
        return false;
    link_engines(app);
    open_folder_socket(app);
    struct loop *first = app->desks[0]->loop;
    app->deadlines = deadlines_start(first, app->journal, app->writer, app->readers, app->owners,
                                     app->owner_count);
    app->quit.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    app->quit.ready = asked_to_quit;
    CHECK(app->quit.fd >= 0);
    loop_watch(first, &app->quit, EPOLLIN);
    for (size_t i = 1; i < app->desk_count; i++) {
        if (!desk_start(app->desks[i]))
            return no(why_r, "no thread could be started for a loop");
    }
    return true;
}

static bool start_services(struct app *app, const char **why_r)
{
    for (; app->started < app->service_count; app->started++) {
        const struct service *s = app->services[app->started];
        if (s->start && !s->start(app, why_r))
            return false;
    }
    return true;
}

/* As many descriptors as the machine gives; a peer that is gone is an error code, no signal. */
static void prepare_process(void)
{
    struct rlimit files;
    signal(SIGPIPE, SIG_IGN);
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
}

static bool start(struct app *app, const struct service *const *services, size_t count,
                  const char **why_r)
{
    if (!choose_services(app, services, count, why_r) || !sources_sound(app->config, why_r) ||
        !open_folder(app, why_r))
        return false;
    app->assets = assets_open(*app->config->web ? app->config->web : NULL, why_r);
    return app->assets && open_database(app, why_r) && opening_perform(app, why_r) &&
           start_followers(app, why_r) && start_loops(app, why_r) && start_services(app, why_r);
}

struct app *app_start(const struct app_config *config, const struct service *const *services,
                      size_t count, const char **why_r)
{
    struct app *app = mem_alloc(sizeof *app);
    app->config = config;
    app->quit.fd = -1;
    repeat_flights_init(&app->flights);
    app->presence = presence_new();
    app->recovery = recovery_new();
    prepare_process();
    if (!start(app, services, count, why_r)) {
        app_free(&app);
        return NULL;
    }
    atomic_store(&app->phase, HOUSE_OPEN);
    return app;
}

void app_run(struct app *app)
{
    desk_run(app->desks[0]);
    for (size_t i = 1; i < app->desk_count; i++)
        desk_join(app->desks[i]);
}

void app_quit(struct app *app)
{
    const uint64_t one = 1;
    ssize_t written = write(app->quit.fd, &one, sizeof one);
    (void)written; /* a full eventfd has been asked often enough */
}

/* Loops that run although the start failed behind them. */
static void end_threads(struct app *app)
{
    for (size_t i = 0; i < app->desk_count; i++) {
        if (app->desks[i]->threaded)
            desk_drain(app->desks[i], 0);
        desk_join(app->desks[i]);
    }
}

void app_free(struct app **app)
{
    struct app *a = *app;
    if (!a)
        return;
    end_threads(a);
    while (a->started > 0) {
        const struct service *s = a->services[--a->started];
        if (s->stop)
            s->stop(a);
    }
    deadlines_stop(&a->deadlines);
    if (a->followers)
        followers_stop(a->followers);
    /* The writer's connection is the last to be closed: SQLite then moves the log into the
     * database, which one that only reads could not, and the next start has nothing to recover. */
    readers_stop(&a->readers);
    readers_stop(&a->workers);
    writer_stop(&a->writer);
    followers_free(&a->followers);
    for (size_t i = 0; i < a->desk_count; i++)
        desk_free(&a->desks[i]);
    if (a->quit.fd >= 0)
        close(a->quit.fd);
    presence_free(&a->presence);
    recovery_free(&a->recovery);
    repeat_flights_fini(&a->flights);
    people_free(&a->people);
    journal_free(&a->journal);
    assets_free(&a->assets);
    token_key_free(&a->key);
    route_tree_free(&a->routes);
    buf_fini(&a->url);
    folder_close(&a->folder);
    mem_free(a->services);
    mem_free(a->follower_rows);
    mem_free(a->owners);
    mem_free(a->desks);
    mem_free(a->engines);
    mem_free(a);
    *app = NULL;
}
