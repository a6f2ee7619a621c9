/* config.c - reads the settings of tbl/config.h: flag > environment > file > default.
 *
 * Every source is read into one row of texts per setting, the weaker ones not overwriting the
 * stronger; the texts become values at the end, so that all sources are checked alike. */
#include "app/config.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "app/origin.h"
#include "app/peer.h"
#include "app/source_list.h"
#include "net/server.h"

#define FILE_MAX ((size_t)64 * 1024)

enum setting {
#define SETTING(field, name, kind, fallback, value, help) SETTING_##field,
#include "app/tbl/config.h"
#undef SETTING
    SETTING_COUNT
};

enum setting_kind { KIND_text, KIND_number, KIND_switch };

static const struct setting_row {
    const char *name;       /* as a flag is called, without its dashes */
    enum setting_kind kind; /* how its text is read */
    const char *fallback;   /* when no source says anything */
    const char *value;      /* how the value is called in help */
    const char *help;       /* what it is for */
} rows[SETTING_COUNT] = {
#define SETTING(field, name, kind, fallback, value, help)                                          \
    {name, KIND_##kind, fallback, value, help},
#include "app/tbl/config.h"
#undef SETTING
};

/* Bounds of numbers. */
static const struct {
    enum setting setting; /* which */
    int64_t least;        /* the smallest */
    int64_t most;         /* the largest */
} bounds[] = {
    {SETTING_loops, 0, 64},
    {SETTING_payment_minutes, 1, 1440},
    {SETTING_sweep_ms, 50, 600000},
    {SETTING_thread_close_s, 1, 31536000},
};

/* Variables that are read too, by the names other software gives them. */
static const struct {
    enum setting setting; /* which */
    const char *variable; /* its other name */
} aliases[] = {
    {SETTING_access_token_key, "ACCESS_TOKEN_KEY"},
    {SETTING_midtrans_server_key, "MIDTRANS_SERVER_KEY"},
};

/* What was said about a setting, and where. */
struct said {
    const char *text;  /* NULL: nothing yet */
    const char *where; /* "--listen", "PESAN_LISTEN", "pesan.conf:3" */
};

/* A reading in progress. */
struct reading {
    struct arena *arena;             /* where texts are kept */
    struct said said[SETTING_COUNT]; /* by setting */
    const struct config_flag *extra; /* the command's own flags */
    char *why;                       /* room for what is wrong, CONFIG_WHY_MAX bytes */
};

static bool wrong(struct reading *r, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool wrong(struct reading *r, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(r->why, CONFIG_WHY_MAX, fmt, args);
    va_end(args);
    return false;
}

static bool find_setting(struct str name, enum setting *setting_r)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        if (str_is(name, rows[i].name)) {
            *setting_r = (enum setting)i;
            return true;
        }
    }
    return false;
}

static void say(struct reading *r, enum setting s, const char *text, const char *where)
{
    if (!r->said[s].text)
        r->said[s] = (struct said){text, where};
}

/* ---- Flags ---- */

static const struct config_flag *find_extra(const struct config_flag *extra, struct str name)
{
    for (const struct config_flag *f = extra; f && f->name; f++) {
        if (str_is(name, f->name))
            return f;
    }
    return NULL;
}

/* One flag at args[*at], its value too when it has one. */
static bool read_flag(struct reading *r, size_t count, char *const *args, size_t *at)
{
    struct str value = str_of(args[*at]);
    if (!str_starts(value, STR("--")))
        return wrong(r, "unexpected argument \"%s\" (see: pesan help)", args[*at]);
    value.at += 2;
    value.len -= 2;
    struct str name = str_cut(&value, '=');
    const char *flag = arena_printf(r->arena, "--%.*s", STR_ARG(name));
    const struct config_flag *extra = find_extra(r->extra, name);
    enum setting s = SETTING_COUNT;
    if (!extra && !find_setting(name, &s))
        return wrong(r, "unknown flag %s (see: pesan help)", flag);
    const char *text = value.at;
    if (!text && !extra && rows[s].kind == KIND_switch)
        text = "on";
    if (!text && *at + 1 < count)
        text = args[++*at];
    if (!text)
        return wrong(r, "%s needs a value", flag);
    if (extra) {
        *extra->value_r = text;
        return true;
    }
    if (r->said[s].text)
        return wrong(r, "%s is given twice", flag);
    say(r, s, text, flag);
    return true;
}

/* ---- Environment ---- */

static const char *variable_of(struct arena *arena, const char *name)
{
    char *variable = arena_printf(arena, "PESAN_%s", name);
    for (char *c = variable; *c; c++) {
        if (*c == '-')
            *c = '_';
        else if (*c >= 'a' && *c <= 'z')
            *c = (char)(*c - 'a' + 'A');
    }
    return variable;
}

static void read_variable(struct reading *r, enum setting s, const char *variable,
                          const char *(*env)(const char *name))
{
    const char *text = env(variable);
    if (text && *text)
        say(r, s, arena_strdup(r->arena, str_of(text)), variable);
}

static void read_environment(struct reading *r, const char *(*env)(const char *name))
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        read_variable(r, (enum setting)i, variable_of(r->arena, rows[i].name), env);
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++)
        read_variable(r, aliases[i].setting, aliases[i].variable, env);
}

/* ---- File ---- */

static bool read_line(struct reading *r, struct str line, const char *where)
{
    struct str value = line;
    struct str name = str_trim(str_cut(&value, '='));
    enum setting s;
    if (name.len == 0 || name.at[0] == '#')
        return true;
    if (!value.at)
        return wrong(r, "%s: a line is: name = value", where);
    if (!find_setting(name, &s) || s == SETTING_config)
        return wrong(r, "%s: unknown setting \"%.*s\"", where, STR_ARG(name));
    say(r, s, arena_strdup(r->arena, str_trim(value)), where);
    return true;
}

static bool load(struct reading *r, const char *path, struct str *text_r)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return wrong(r, "the settings file %s cannot be opened", path);
    char *text = arena_alloc(r->arena, FILE_MAX + 1);
    size_t len = 0;
    ssize_t got;
    while (len <= FILE_MAX && (got = read(fd, text + len, FILE_MAX + 1 - len)) > 0)
        len += (size_t)got;
    close(fd);
    if (len > FILE_MAX || memchr(text, '\0', len))
        return wrong(r, "the settings file %s is too large, or no text", path);
    *text_r = (struct str){text, len};
    return true;
}

static bool read_settings_file(struct reading *r)
{
    const char *path = r->said[SETTING_config].text;
    struct str rest = {0};
    if (!path || !*path)
        return true;
    if (!load(r, path, &rest))
        return false;
    for (int number = 1; rest.len > 0; number++) {
        struct str line = str_cut(&rest, '\n');
        if (line.len > 0 && line.at[line.len - 1] == '\r')
            line.len--;
        if (!read_line(r, line, arena_printf(r->arena, "%s:%d", path, number)))
            return false;
    }
    return true;
}

/* ---- Values ---- */

static bool parse_switch(struct reading *r, enum setting s, bool *value_r)
{
    static const char *const yes[] = {"on", "1", "true", "yes"};
    static const char *const no[] = {"", "off", "0", "false", "no"};
    struct str text = str_of(r->said[s].text);
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (str_eq_nocase(text, str_of(yes[i]))) {
            *value_r = true;
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(no); i++) {
        if (str_eq_nocase(text, str_of(no[i]))) {
            *value_r = false;
            return true;
        }
    }
    return wrong(r, "%s: \"%s\" is neither on nor off", r->said[s].where, r->said[s].text);
}

static bool parse_number(struct reading *r, enum setting s, int64_t *value_r)
{
    uint64_t number;
    int64_t least = 0;
    int64_t most = INT32_MAX;
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        if (bounds[i].setting == s) {
            least = bounds[i].least;
            most = bounds[i].most;
        }
    }
    if (!str_to_u64(str_of(r->said[s].text), (uint64_t)most, &number) || (int64_t)number < least)
        return wrong(r, "%s: \"%s\" is not a number from %lld to %lld", r->said[s].where,
                     r->said[s].text, (long long)least, (long long)most);
    *value_r = (int64_t)number;
    return true;
}

static bool parse_text(struct reading *r, enum setting s, const char **value_r)
{
    *value_r = r->said[s].text;
    return true;
}

static bool to_values(struct reading *r, struct app_config *v)
{
    for (size_t i = 0; i < SETTING_COUNT; i++)
        say(r, (enum setting)i, rows[i].fallback, rows[i].name);
#define SETTING(field, name, kind, fallback, value, help)                                          \
    if (!parse_##kind(r, SETTING_##field, &v->field))                                              \
        return false;
#include "app/tbl/config.h"
#undef SETTING
    return true;
}

static bool one_of(const char *text, const char *const *words)
{
    while (*words && strcmp(text, *words) != 0)
        words++;
    return *words != NULL;
}

/* What can be known to be wrong before anything is started. */
static bool check_values(struct reading *r, const struct app_config *v)
{
    static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
    static const char *const forms[] = {"text", "json", NULL};
    struct sockaddr_storage address;
    const struct said *said = r->said;
    if (!net_parse_address(v->listen, &address))
        return wrong(r, "%s: \"%s\" is not an address and port such as 127.0.0.1:3333",
                     said[SETTING_listen].where, v->listen);
    if (!one_of(v->log_level, levels))
        return wrong(r, "%s: \"%s\" is none of debug, info, warn, error",
                     said[SETTING_log_level].where, v->log_level);
    if (!one_of(v->log_format, forms))
        return wrong(r, "%s: \"%s\" is neither text nor json", said[SETTING_log_format].where,
                     v->log_format);
    size_t key = strlen(v->access_token_key);
    if (key > 0 && (key < 16 || key > 1024))
        return wrong(r, "%s must have 16 to 1024 bytes", said[SETTING_access_token_key].where);
    if (*v->service_key && !service_key_sound(str_of(v->service_key)))
        return wrong(r, "%s must have 16 to 512 visible characters",
                     said[SETTING_service_key].where);
    if (!origin_list_is_valid(v->cors_origins))
        return wrong(r, "%s: \"%s\" is not a list of origins such as https://shop.example",
                     said[SETTING_cors_origins].where, v->cors_origins);
    if (!peer_list_is_valid(v->trusted_proxy))
        return wrong(r, "%s: \"%s\" is not a list of addresses such as 127.0.0.1,10.0.0.0/8",
                     said[SETTING_trusted_proxy].where, v->trusted_proxy);
    return true;
}

bool config_read(struct config *c, size_t count, char *const *args,
                 const char *(*env)(const char *name), const struct config_flag *extra,
                 char why[CONFIG_WHY_MAX])
{
    *c = (struct config){.arena = arena_new(SIZE_MAX)};
    struct reading r = {.arena = c->arena, .extra = extra, .why = why};
    bool ok = true;
    for (size_t at = 0; at < count && ok; at++)
        ok = read_flag(&r, count, args, &at);
    if (ok)
        read_environment(&r, env);
    return ok && read_settings_file(&r) && to_values(&r, &c->values) &&
           check_values(&r, &c->values);
}

void config_fini(struct config *c)
{
    arena_free(&c->arena);
}

void config_help(struct buf *out)
{
    for (size_t i = 0; i < SETTING_COUNT; i++) {
        char flag[64];
        snprintf(flag, sizeof flag, "--%s%s%s", rows[i].name, *rows[i].value ? " " : "",
                 rows[i].value);
        buf_addf(out, "  %-28s %s", flag, rows[i].help);
        if (*rows[i].fallback)
            buf_addf(out, " (default: %s)", rows[i].fallback);
        buf_add_char(out, '\n');
    }
}
