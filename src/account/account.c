/* account.c - the accounts table, and the only code that reads or changes it. */
#include "account/account.h"

#include "account/rules.h"
#include "app/people.h"
#include "app/topic.h"
#include "base/json.h"
#include "journal/journal.h"

#define ACCOUNT_COLUMNS "id, username, email, name, role, language, created_at"

/* ---- Reading ---- */

/* In folders from before staff were told of by shops the column may hold a shop's role: such a
 * person is a customer here. */
static enum role role_of(struct str word)
{
    enum role role;
    if (!role_parse(word, &role))
        return ROLE_NONE;
    return role == ROLE_ADMIN ? ROLE_ADMIN : ROLE_CUSTOMER;
}

static struct account borrow(struct db_rows *rows)
{
    return (struct account){.id = db_text(rows, 0),
                            .username = db_text(rows, 1),
                            .email = db_text(rows, 2),
                            .name = db_text(rows, 3),
                            .role = role_of(db_text(rows, 4)),
                            .language = db_text(rows, 5),
                            .created_us = db_int(rows, 6)};
}

static struct account copy(struct arena *arena, const struct account *a)
{
    return (struct account){.id = arena_str(arena, a->id),
                            .username = arena_str(arena, a->username),
                            .email = arena_str(arena, a->email),
                            .name = arena_str(arena, a->name),
                            .role = a->role,
                            .language = arena_str(arena, a->language),
                            .created_us = a->created_us};
}

static bool read_one(struct db_rows *rows, struct arena *arena, struct account *account_r)
{
    bool found = db_row(rows);
    if (found) {
        struct account a = borrow(rows);
        *account_r = copy(arena, &a);
    }
    db_end(rows);
    return found;
}

bool account_by_username(struct db *db, struct str username, struct arena *arena,
                         struct account *account_r)
{
    return read_one(db_query(db, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE username = ?",
                             DB_TEXT(username)),
                    arena, account_r);
}

bool account_by_id(struct db *db, struct str id, struct arena *arena, struct account *account_r)
{
    return read_one(
        db_query(db, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE id = ?", DB_TEXT(id)), arena,
        account_r);
}

bool account_find(struct db *db, struct str who, struct arena *arena, struct account *account_r)
{
    struct id id;
    if (id_parse(who, &id) && account_by_id(db, id_str(&id), arena, account_r))
        return true;
    return account_by_username(db, who, arena, account_r);
}

bool account_by_name(struct db *db, struct str name, struct arena *arena, struct account *account_r)
{
    struct str key = rules_folded(arena, name);
    return read_one(db_query(db, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE username_key = ?",
                             DB_TEXT(key)),
                    arena, account_r);
}

bool account_caller(struct db *db, struct str username, struct arena *arena,
                    struct caller *caller_r)
{
    struct account a;
    if (!account_by_username(db, username, arena, &a))
        return false;
    *caller_r =
        (struct caller){.role = a.role, .id = a.id, .username = a.username, .language = a.language};
    return true;
}

void account_list(struct db *db, struct str before, int64_t limit,
                  void (*visit)(void *arg, const struct account *a), void *arg)
{
    struct db_rows *rows =
        before.at
            ? db_query(db,
                       "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE id < ?"
                       " ORDER BY id DESC LIMIT ?",
                       DB_TEXT(before), DB_INT(limit))
            : db_query(db, "SELECT " ACCOUNT_COLUMNS " FROM accounts ORDER BY id DESC LIMIT ?",
                       DB_INT(limit));
    while (db_row(rows)) {
        struct account a = borrow(rows);
        visit(arg, &a);
    }
    db_end(rows);
}

struct str account_password(struct db *db, struct str id, struct arena *arena)
{
    struct str hash = {0};
    struct db_rows *rows = db_query(db, "SELECT password FROM accounts WHERE id = ?", DB_TEXT(id));
    if (db_row(rows))
        hash = arena_str(arena, db_text(rows, 0));
    db_end(rows);
    return hash;
}

static bool any(struct db_rows *rows)
{
    bool found = db_row(rows);
    db_end(rows);
    return found;
}

bool account_username_taken(struct db *db, struct str username)
{
    struct arena *arena = arena_new(4096);
    bool taken = any(db_query(db, "SELECT 1 FROM accounts WHERE username_key = ?",
                              DB_TEXT(rules_folded(arena, username))));
    arena_free(&arena);
    return taken;
}

bool account_email_taken(struct db *db, struct str email, struct str except)
{
    struct arena *arena = arena_new(4096);
    bool taken =
        any(db_query(db, "SELECT 1 FROM accounts WHERE email_key = ? AND id <> ?",
                     DB_TEXT(rules_folded(arena, email)), DB_TEXT(except.at ? except : STR(""))));
    arena_free(&arena);
    return taken;
}

bool account_last_admin(struct db *tx, const struct account *account)
{
    return account->role == ROLE_ADMIN &&
           !any(db_query(tx, "SELECT 1 FROM accounts WHERE role = 'admin' AND id <> ? LIMIT 1",
                         DB_TEXT(account->id)));
}

/* ---- Writing ---- */

static void tell(struct db *tx, const char *topic, const struct account *a, struct str actor,
                 int64_t now_us)
{
    struct arena *arena = arena_new(8192);
    struct buf payload = buf_in(arena);
    struct jout j = jout_to(&payload);
    const struct str channels[] = {PEOPLE_CHANNEL,
                                   str_of(arena_printf(arena, "account:%.*s", STR_ARG(a->id)))};
    jout_object(&j);
    jout_field_str(&j, "account_id", a->id);
    jout_field_str(&j, "username", a->username);
    jout_field_cstr(&j, "role", role_word(a->role));
    if (a->language.at)
        jout_field_str(&j, "language", a->language);
    jout_object_end(&j);
    journal_append(tx, &(struct event_draft){.topic = topic,
                                             .key = a->id,
                                             .actor = actor,
                                             .at_us = now_us,
                                             .payload = buf_str(&payload),
                                             .channels = channels,
                                             .channel_count = ARRAY_LEN(channels)});
    arena_free(&arena);
}

void account_add(struct db *tx, const struct account_draft *draft)
{
    const struct account *a = &draft->account;
    struct arena *arena = arena_new(8192);
    struct str email_key = a->email.at ? rules_folded(arena, a->email) : (struct str){0};
    db_exec(tx,
            "INSERT INTO accounts (id, username, username_key, email, email_key, name, role,"
            " language, password, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            DB_TEXT(a->id), DB_TEXT(a->username), DB_TEXT(rules_folded(arena, a->username)),
            DB_TEXT(a->email), DB_TEXT(email_key), DB_TEXT(a->name), DB_CSTR(role_word(a->role)),
            DB_TEXT(a->language), DB_TEXT(draft->password), DB_INT(a->created_us));
    arena_free(&arena);
    tell(tx, TOPIC_ACCOUNT_CREATED, a, draft->actor, a->created_us);
}

static void write_change(struct db *tx, const struct account *a)
{
    struct arena *arena = arena_new(4096);
    struct str email_key = a->email.at ? rules_folded(arena, a->email) : (struct str){0};
    db_exec(tx,
            "UPDATE accounts SET name = ?, email = ?, email_key = ?, role = ?, language = ?"
            " WHERE id = ?",
            DB_TEXT(a->name), DB_TEXT(a->email), DB_TEXT(email_key), DB_CSTR(role_word(a->role)),
            DB_TEXT(a->language), DB_TEXT(a->id));
    arena_free(&arena);
}

void account_change(struct db *tx, struct account *account, const struct account_change *change,
                    struct str actor, int64_t now_us)
{
    struct account before = *account;
    if (change->name.at)
        account->name = change->name;
    if (change->email.at)
        account->email = change->email;
    if (change->language.at)
        account->language = change->language.len > 0 ? change->language : (struct str){0};
    if (change->role != ROLE_NONE)
        account->role = change->role;
    if (change->password.at)
        db_exec(tx, "UPDATE accounts SET password = ? WHERE id = ?", DB_TEXT(change->password),
                DB_TEXT(account->id));
    if (!str_eq(before.name, account->name) || !str_eq(before.email, account->email) ||
        !str_eq(before.language, account->language) || before.role != account->role)
        write_change(tx, account);
    if (!str_eq(before.language, account->language) || before.role != account->role)
        tell(tx, TOPIC_ACCOUNT_CHANGED, account, actor, now_us);
}

/* ---- The demo, and folders of before ---- */

struct demo_account {
    const char *username;  /* as it stands in URLs */
    const char *id;        /* fixed, so that clients and tests may know it */
    enum role role;        /* admin or customer */
    const char *full_name; /* as people are addressed */
};

static const struct demo_account demo_people[] = {
#define DEMO_ACCOUNT(NAME, username, id, role, full_name) {username, id, ROLE_##role, full_name},
#include "account/tbl/demo.h"
#undef DEMO_ACCOUNT
};

void account_demo(struct db *tx, int64_t now_us)
{
    for (size_t i = 0; i < ARRAY_LEN(demo_people); i++) {
        const struct demo_account *p = &demo_people[i];
        struct account_draft draft = {.account = {.id = str_of(p->id),
                                                  .username = str_of(p->username),
                                                  .name = str_of(p->full_name),
                                                  .role = p->role,
                                                  .created_us = now_us},
                                      .actor = STR("service:account")};
        account_add(tx, &draft);
    }
}

size_t account_demo_unready(struct db *db, struct arena *arena, struct str *ids, size_t max)
{
    size_t count = 0;
    for (size_t i = 0; i < ARRAY_LEN(demo_people) && count < max; i++) {
        if (any(db_query(db, "SELECT 1 FROM accounts WHERE id = ? AND password IS NULL",
                         DB_CSTR(demo_people[i].id))))
            ids[count++] = arena_str(arena, str_of(demo_people[i].id));
    }
    return count;
}

void account_first_password(struct db *tx, struct str id, struct str hash)
{
    db_exec(tx, "UPDATE accounts SET password = ? WHERE id = ? AND password IS NULL", DB_TEXT(hash),
            DB_TEXT(id));
}

#define MEND_AT_ONCE 256

void account_mend(struct db *tx, int64_t now_us)
{
    struct arena *arena = arena_new(SIZE_MAX);
    struct account *found = arena_alloc(arena, MEND_AT_ONCE * sizeof *found);
    size_t count;
    do {
        count = 0;
        struct db_rows *rows = db_query(
            tx, "SELECT " ACCOUNT_COLUMNS " FROM accounts WHERE username_key IS NULL LIMIT ?",
            DB_INT(MEND_AT_ONCE));
        while (db_row(rows)) {
            struct account a = borrow(rows);
            found[count++] = copy(arena, &a);
        }
        db_end(rows);
        for (size_t i = 0; i < count; i++) {
            db_exec(tx, "UPDATE accounts SET username_key = ?, role = ? WHERE id = ?",
                    DB_TEXT(rules_folded(arena, found[i].username)),
                    DB_CSTR(role_word(found[i].role)), DB_TEXT(found[i].id));
            tell(tx, TOPIC_ACCOUNT_CREATED, &found[i], STR("service:account"), now_us);
        }
    } while (count > 0 && tx->status == DB_OK);
    arena_free(&arena);
}
