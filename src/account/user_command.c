/* user_command.c - `pesan user add|passwd|role`. */
#include "account/user_command.h"

#include <stdio.h>

#include "account/local.h"
#include "account/prompt.h"
#include "account/rules.h"
#include "base/id.h"

#define EXIT_REFUSED 2

static int say_no(const char *fmt, ...) PRINTF_LIKE(1, 2);

static int say_no(const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    fputs("pesan: ", stderr);
    vfprintf(stderr, fmt, args);
    fputc('\n', stderr);
    va_end(args);
    return EXIT_REFUSED;
}

/* What the house refused, as one line. */
static int say_problem(int status, const json_t *problem)
{
    struct buf line = {0};
    const json_t *fields = json_object_get(problem, "errors");
    struct str title = json_text(problem, "title");
    struct str detail = json_text(problem, "detail");
    if (title.at)
        buf_add_str(&line, title);
    else
        buf_addf(&line, "the server answered %d", status);
    if (detail.at)
        buf_addf(&line, ": %.*s", STR_ARG(detail));
    for (size_t i = 0; i < json_array_size(fields); i++) {
        struct str pointer = json_text(json_array_get(fields, i), "pointer");
        struct str reason = json_text(json_array_get(fields, i), "reason");
        buf_addf(&line, "%s %.*s %.*s", i > 0 ? "," : ":", STR_ARG(pointer), STR_ARG(reason));
    }
    int code = say_no("%s", buf_cstr(&line));
    buf_fini(&line);
    return code;
}

/* Ask for a change; returns the exit status. */
static int change(struct local *l, const char *method, const char *path, struct str body,
                  const char *done)
{
    json_t *answer;
    int code = 0;
    int status = local_ask(l, method, path, body, &answer);
    if (status == 0)
        code = say_no("the server of this data folder does not answer");
    else if (status >= 300)
        code = say_problem(status, answer);
    else
        puts(done);
    json_decref(answer);
    return code;
}

static void add_text(struct jout *j, const char *key, const char *value)
{
    if (value)
        jout_field_cstr(j, key, value);
}

static int add_user(struct local *l, const struct user_command *c, struct str password)
{
    struct buf body = {0};
    struct jout j = jout_to(&body);
    jout_object(&j);
    jout_field_cstr(&j, "username", c->name);
    add_text(&j, "email", c->email);
    add_text(&j, "name", c->full_name);
    add_text(&j, "role", c->role);
    jout_field_str(&j, "password", password);
    jout_object_end(&j);
    int code = change(l, "POST", "/users", buf_str(&body), "added");
    explicit_bzero(body.at, body.cap);
    buf_fini(&body);
    return code;
}

static int change_user(struct local *l, const struct user_command *c, const char *key,
                       struct str value, const char *done)
{
    char path[128];
    struct buf body = {0};
    struct jout j = jout_to(&body);
    jout_object(&j);
    jout_field_str(&j, key, value);
    jout_object_end(&j);
    snprintf(path, sizeof path, "/v1/users/%s", c->name);
    int code = change(l, "PATCH", path, buf_str(&body), done);
    explicit_bzero(body.at, body.cap);
    buf_fini(&body);
    return code;
}

/* The shop that is meant: the one that was named, else the only one. False after saying why. */
static bool find_shop(struct local *l, const char *named, struct id *shop_r)
{
    json_t *shops;
    if (named && id_parse(str_of(named), shop_r))
        return true;
    if (named) {
        say_no("--shop: \"%s\" is not the id of a shop", named);
        return false;
    }
    int status = local_ask(l, "GET", "/v1/shops", STR(""), &shops);
    bool only = status == 200 && json_array_size(shops) == 1 &&
                id_parse(json_text(json_array_get(shops, 0), "id"), shop_r);
    if (!only)
        say_no("say which shop: --shop ID");
    json_decref(shops);
    return only;
}

/* A role of staff is given by a shop. */
static int hire(struct local *l, const struct user_command *c)
{
    struct id shop;
    char path[128];
    struct buf body = {0};
    struct jout j = jout_to(&body);
    if (!find_shop(l, c->shop, &shop))
        return EXIT_REFUSED;
    jout_object(&j);
    jout_field_cstr(&j, "username", c->name);
    jout_field_cstr(&j, "role", c->role);
    jout_object_end(&j);
    snprintf(path, sizeof path, "/v1/shops/%s/staff", shop.text);
    int code = change(l, "POST", path, buf_str(&body), "hired");
    buf_fini(&body);
    return code;
}

static int perform(struct local *l, const struct user_command *c, struct str password)
{
    if (strcmp(c->verb, "add") == 0)
        return add_user(l, c, password);
    if (strcmp(c->verb, "passwd") == 0)
        return change_user(l, c, "password", password, "changed");
    if (strcmp(c->role, "admin") == 0 || strcmp(c->role, "customer") == 0)
        return change_user(l, c, "role", str_of(c->role), "changed");
    return hire(l, c);
}

/* What can be seen to be wrong before a house is asked; NULL: nothing. */
static const char *fault_of(const struct user_command *c)
{
    enum role role;
    bool add = c->verb && strcmp(c->verb, "add") == 0;
    bool passwd = c->verb && strcmp(c->verb, "passwd") == 0;
    bool set_role = c->verb && strcmp(c->verb, "role") == 0;
    if ((!add && !passwd && !set_role) || !c->name || (set_role && !c->role))
        return "user: say add NAME, passwd NAME or role NAME ROLE";
    if (rules_username(str_of(c->name)) && (add || !id_valid(str_of(c->name))))
        return rules_username(str_of(c->name));
    if (c->role && (!role_parse(str_of(c->role), &role) || role > ROLE_CUSTOMER))
        return "a role is admin, customer, owner, manager, barista or courier";
    return NULL;
}

static int ask_house(const struct app_config *config, const struct service *const *services,
                     size_t count, const struct user_command *typed, struct str password)
{
    const char *why = "";
    struct local *l = local_open(config, services, count, &why);
    int code = l ? perform(l, typed, password) : say_no("%s", why);
    local_close(&l);
    return code;
}

int user_command(const struct app_config *config, const struct service *const *services,
                 size_t count, const struct user_command *typed)
{
    struct buf password = {0};
    const char *why = fault_of(typed);
    int code;
    if (why)
        return say_no("%s%s%s", typed->name ? typed->name : "", typed->name ? ": " : "", why);
    if (strcmp(typed->verb, "role") != 0 && !prompt_password(&password, &why))
        code = say_no("%s", why);
    else
        code = ask_house(config, services, count, typed, buf_str(&password));
    if (password.at)
        explicit_bzero(password.at, password.cap);
    buf_fini(&password);
    return code;
}
