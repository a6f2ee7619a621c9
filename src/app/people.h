/* people.h - who works where, who has which name, and which sessions are over: known in every
 * process, whether or not accounts and shops live there.
 *
 * Learned from the journal alone (account.*, session.*, shop.staff_*): never a hash or an e-mail
 * address. What a request needs of it (grants, ended sessions) is kept in memory, right from the
 * moment the event is committed and before anybody is answered, so that whoever is dismissed or
 * signed out is so at once; the names of everybody stand in app's tables. */
#ifndef PESAN_APP_PEOPLE_H
#define PESAN_APP_PEOPLE_H

#include "app/token.h"
#include "db/db.h"

/* The channel of all these events, beside their own: what people_new() reads back. */
#define PEOPLE_CHANNEL STR("people")

struct people;
struct journal;

/* Read app's tables and what the journal tells beyond them, and watch the journal from now on.
 * After migration and journal_load(), before anything is served. On failure db->status tells. */
MUST_USE struct people *people_new(struct journal *j, struct db *db);

/* After the writer was stopped. Accepts NULL. */
void people_free(struct people **p);

/* Rises with every change: what was resolved at the same version need not be resolved again. Any
 * thread. */
uint64_t people_version(const struct people *p);

/* Set the role and the grants of a person to what is true now, whatever his token says, with copies
 * in the arena; kiosks, guests, services and CALLER_HOUSE stay as they are. False when the caller's
 * session is over. Any thread. */
MUST_USE bool people_resolve(const struct people *p, struct caller *c, struct arena *arena);

/* Does the caller work in this shop in one of these roles (role bits)? Admins do everywhere. */
bool caller_works_in(const struct caller *c, struct str shop_id, unsigned roles);

/* Role bits of everything the caller is: his own role and those of all his grants. */
unsigned caller_roles(const struct caller *c);

/* Where somebody worked, and as what: events of the shop with after < seq <= upto were his to read.
 */
struct grant_span {
    struct str shop;
    enum role role;
    int64_t after;
    int64_t upto; /* INT64_MAX: he still does */
};

/* All of one account, as this snapshot knows them; grants older than the history count from the
 * journal's beginning. In the arena. Returns how many there are. */
size_t people_spans(struct db *db, struct str account, struct arena *arena,
                    struct grant_span **spans_r);

/* Did the account work in this shop in one of these roles (role bits) when the event of this seq
 * was told? Admins, as far as they are known to be, do everywhere. In a snapshot or a unit. */
MUST_USE bool people_worked_in(struct db *db, struct str account, struct str shop_id,
                               unsigned roles, int64_t seq, struct arena *arena);

/* A person as every process knows him; slices live in the arena. */
struct person {
    struct str id;       /* of the account */
    struct str username; /* as it stands in URLs */
};

/* From app's tables, as far as the journal has been followed: false when unknown. */
MUST_USE bool people_by_username(struct db *db, struct str username, struct arena *arena,
                                 struct person *person_r);
MUST_USE bool people_by_id(struct db *db, struct str id, struct arena *arena,
                           struct person *person_r);

/* An event's actor as people read it: the username of "account:<id>" where it is known, any other
 * actor as it is. In the arena. */
struct str people_actor_name(struct db *db, struct str actor, struct arena *arena);

#endif
