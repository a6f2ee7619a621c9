/* main.c - the command line; the one file that sees every folder. */
#include <ftw.h>
#include <inttypes.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "account/account.h"
#include "account/account_service.h"
#include "account/user_command.h"
#include "app/app.h"
#include "app/config.h"
#include "app/people.h"
#include "base/clock.h"
#include "base/log.h"
#include "chat/chat_service.h"
#include "delivery/delivery_service.h"
#include "kiosk/kiosk.h"
#include "kiosk/kiosk_service.h"
#include "menu/menu_service.h"
#include "notify/notify_service.h"
#include "order/order_service.h"
#include "payment/payment_service.h"
#include "payment/sandbox_service.h"
#include "shop/shop_service.h"

#define TOKEN_LIFE_S       900 /* of `pesan token --user`, when nothing is said */
#define TOKEN_LIFE_KIOSK_S (UINT64_C(86400) * 366) /* of a device's: it is renewed once a year */
#define TOKEN_LIFE_MAX_S   (UINT64_C(86400) * 366)
#define EXIT_REFUSED       2 /* as die() */
#define ARENA_MAX          65536

/* Every service of the house, those below first; the sandbox stays the last (service_count()). */
static const struct service *const services[] = {
    &account_service, &shop_service,     &menu_service,   &order_service, &kiosk_service,
    &payment_service, &delivery_service, &notify_service, &chat_service,  &sandbox_service,
};

/* What signals reach. */
static _Atomic(struct app *) running;

static const char *variable(const char *name)
{
    return getenv(name);
}

static void read_config(struct config *config, int argc, char **argv,
                        const struct config_flag *extra)
{
    char why[CONFIG_WHY_MAX];
    if (!config_read(config, (size_t)argc, argv, variable, extra, why))
        die("%s", why);
}

/* ---- serve ---- */

/* Asked once, end in order; asked again, at once, as the signal does by itself. */
static void on_signal(int signal_number)
{
    (void)signal_number;
    signal(SIGTERM, SIG_DFL);
    signal(SIGINT, SIG_DFL);
    app_quit(atomic_load(&running));
}

static void catch_signals(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGINT, &action, NULL);
}

static void start_log(const struct app_config *config)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    enum log_level level = LOG_DEBUG;
    while (level < LOG_ERROR && strcmp(config->log_level, levels[level]) != 0)
        level++;
    log_start(level, strcmp(config->log_format, "json") == 0 ? LOG_JSON : LOG_TEXT);
}

/* Where people reach it: the address as it was asked for, with the port that is in use. */
static void announce(const struct app *app)
{
    struct str rest = str_of(app_config(app)->listen);
    while (rest.len > 0 && rest.at[rest.len - 1] != ':')
        rest.len--;
    struct str host = {rest.at, rest.len - 1};
    if (host.len == 0)
        host = STR("127.0.0.1");
    printf("pesan %s listening on http://%.*s:%d\n", PESAN_VERSION, STR_ARG(host), app_port(app));
    fflush(stdout);
}

/* The payment sandbox runs where it is asked for by name, or where a demo has no gateway. */
static size_t service_count(const struct app_config *config)
{
    bool named = *config->services;
    bool gateway = *config->midtrans_server_key || *config->midtrans_url;
    bool sandbox = named || ((config->demo || config->sandbox) && !gateway);
    return ARRAY_LEN(services) - !sandbox;
}

static int serve(struct config *config)
{
    const char *why = "";
    start_log(&config->values);
    struct app *app = app_start(&config->values, services, service_count(&config->values), &why);
    if (!app) {
        log_stop();
        fprintf(stderr, "pesan: %s\n", why);
        config_fini(config);
        return EXIT_REFUSED;
    }
    atomic_store(&running, app);
    catch_signals();
    announce(app);
    app_run(app);
    app_free(&app);
    log_stop();
    config_fini(config);
    return 0;
}

static int command_serve(int argc, char **argv)
{
    struct config config;
    read_config(&config, argc, argv, NULL);
    return serve(&config);
}

/* ---- sandbox ---- */

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
    (void)st;
    (void)flag;
    (void)ftw;
    return remove(path);
}

/* The gateway simulator alone, as another server's gateway; what it remembers goes with it unless
 * --data says where to keep it. */
static int command_sandbox(int argc, char **argv)
{
    struct config config;
    char folder[] = "/tmp/pesan-sandbox-XXXXXX";
    read_config(&config, argc, argv, NULL);
    bool temporary = !*config.values.data;
    if (temporary && !mkdtemp(folder))
        die("no temporary folder can be made");
    if (temporary)
        config.values.data = folder;
    config.values.services = sandbox_service.name;
    int status = serve(&config);
    if (temporary)
        nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    return status;
}

/* ---- token ---- */

static int64_t life_of(const char *ttl, uint64_t otherwise)
{
    uint64_t seconds = otherwise;
    if (ttl && (!str_to_u64(str_of(ttl), TOKEN_LIFE_MAX_S, &seconds) || seconds == 0))
        die("--ttl: \"%s\" is not a number of seconds from 1 to %" PRIu64, ttl, TOKEN_LIFE_MAX_S);
    return (int64_t)seconds * US_PER_S;
}

/* The caller a token is asked for. */
static void find_caller(struct db *db, const char *user, const char *kiosk, struct arena *arena,
                        struct caller *caller_r)
{
    if (user && !account_caller(db, str_of(user), arena, caller_r))
        die("there is no account \"%s\"", user);
    if (kiosk && !kiosk_caller(db, str_of(kiosk), arena, caller_r))
        die("there is no kiosk \"%s\"", kiosk);
}

/* The role and the shop he has now, as the journal tells it to every process. */
static void find_powers(struct db *db, struct caller *caller, struct arena *arena)
{
    struct writer_hooks hooks;
    struct journal *journal = journal_new(&hooks);
    struct people *people = people_new(journal, db);
    if (!people_resolve(people, caller, arena))
        die("the session is over");
    people_free(&people);
    journal_free(&journal);
}

/* Only reads: a running server is not disturbed. */
static int command_token(int argc, char **argv)
{
    const char *user = NULL;
    const char *kiosk = NULL;
    const char *ttl = NULL;
    const struct config_flag extra[] = {{"user", &user}, {"kiosk", &kiosk}, {"ttl", &ttl}, {0}};
    struct config config;
    const char *why = "";
    struct buf url = {0};
    struct buf token = {0};
    struct caller caller = {0};

    read_config(&config, argc, argv, extra);
    int64_t life_us = life_of(ttl, kiosk ? TOKEN_LIFE_KIOSK_S : TOKEN_LIFE_S);
    if (!user == !kiosk)
        die("token: say either --user NAME or --kiosk ID");
    struct token_key *key = token_key_open(str_of(config.values.access_token_key),
                                           app_data_folder(&config.values), false, &why);
    if (!key)
        die("%s", why);
    struct db *db = db_open(app_database_url(&config.values, &url), DB_READ, &why);
    if (!db)
        die("%s", why);
    struct arena *arena = arena_new(ARENA_MAX);
    find_caller(db, user, kiosk, arena, &caller);
    find_powers(db, &caller, arena);
    caller.expires_us = clock_utc_us() + life_us;
    token_issue(key, &caller, &token);
    puts(buf_cstr(&token));
    buf_fini(&token);
    buf_fini(&url);
    arena_free(&arena);
    db_close(&db);
    token_key_free(&key);
    config_fini(&config);
    return 0;
}

/* ---- user ---- */

/* The words before the first flag are the command's own. */
static int command_user(int argc, char **argv)
{
    struct user_command typed = {0};
    const char **const words[] = {&typed.verb, &typed.name, &typed.role};
    const struct config_flag extra[] = {{"role", &typed.role},
                                        {"email", &typed.email},
                                        {"name", &typed.full_name},
                                        {"shop", &typed.shop},
                                        {0}};
    struct config config;
    int used = 0;
    while (used < argc && used < (int)ARRAY_LEN(words) && strncmp(argv[used], "--", 2) != 0) {
        *words[used] = argv[used];
        used++;
    }
    read_config(&config, argc - used, argv + used, extra);
    int status = user_command(&config.values, services, ARRAY_LEN(services), &typed);
    config_fini(&config);
    return status;
}

/* ---- routes, version, help ---- */

static int command_routes(int argc, char **argv)
{
    struct buf text = {0};
    (void)argc;
    (void)argv;
    app_list_routes(services, ARRAY_LEN(services), &text);
    fputs(buf_cstr(&text), stdout);
    buf_fini(&text);
    return 0;
}

static int command_version(int argc, char **argv)
{
    (void)argc;
    (void)argv;
    puts("pesan " PESAN_VERSION);
    puts("databases: sqlite");
    puts("libraries: " PESAN_LIBRARIES);
    return 0;
}

static int command_help(int argc, char **argv)
{
    struct buf text = {0};
    (void)argc;
    (void)argv;
    buf_add_cstr(&text,
                 "pesan [serve] FLAGS               run the server\n"
                 "pesan sandbox FLAGS               run the payment gateway's simulator alone\n"
                 "pesan user add NAME [--role R] [--email E] [--name N]\n"
                 "pesan user passwd NAME            give it another password\n"
                 "pesan user role NAME ROLE [--shop ID]\n"
                 "pesan token --user NAME [--ttl S] print a token for an account\n"
                 "pesan token --kiosk ID [--ttl S]  print a device token for a kiosk\n"
                 "pesan routes                      print all routes and who may ask\n"
                 "pesan version                     print versions\n"
                 "pesan help                        print this\n"
                 "\nFlags (each also as PESAN_NAME, or name = value in a file):\n");
    config_help(&text);
    fputs(buf_cstr(&text), stdout);
    buf_fini(&text);
    return 0;
}

static const struct command {
    const char *name;                  /* as it is typed */
    int (*run)(int argc, char **argv); /* the words behind the name */
} commands[] = {
    {"serve", command_serve},       {"sandbox", command_sandbox}, {"token", command_token},
    {"user", command_user},         {"routes", command_routes},   {"version", command_version},
    {"--version", command_version}, {"help", command_help},       {"--help", command_help},
    {"-h", command_help},
};

int main(int argc, char **argv)
{
    const char *name = argc > 1 ? argv[1] : "serve";
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) {
        if (strcmp(name, commands[i].name) == 0)
            return commands[i].run(argc > 2 ? argc - 2 : 0, argv + 2);
    }
    if (strncmp(name, "--", 2) != 0)
        die("unknown command \"%s\" (see: pesan help)", name);
    return command_serve(argc - 1, argv + 1);
}
