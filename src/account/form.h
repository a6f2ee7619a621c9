/* form.h - what bodies say about a person, checked field by field. */
#ifndef PESAN_ACCOUNT_FORM_H
#define PESAN_ACCOUNT_FORM_H

#include "account/account.h"
#include "app/request.h"

enum form_field {
    FORM_USERNAME = 1,
    FORM_EMAIL = 2,
    FORM_NAME = 4,
    FORM_LANGUAGE = 8,
    FORM_PASSWORD = 16,
    FORM_ROLE = 32,
};

/* What was said; at == NULL and ROLE_NONE: nothing. Slices live in the request. */
struct form {
    struct str username; /* as it stands in URLs */
    struct str email;    /* cleaned */
    struct str name;     /* without blanks at its ends */
    struct str language; /* one of our tags; empty: no wish any more */
    struct str password; /* as it was typed; its strength is judged by form_hash() */
    struct str hash;     /* of the password, from form_hash() */
    enum role role;      /* admin or customer */
};

/* Read the fields of `takes` (form_field bits) from the body; those of `needs` must be there. An
 * empty text counts as absent where the field may be. NULL after refuse(). */
MUST_USE struct form *form_read(struct request *rq, unsigned takes, unsigned needs);

/* Slow work: judge the password, and hash it. `a` tells what it must not be; `pointer` names its
 * field. False after refuse(). */
bool form_hash(struct request *rq, struct form *f, const struct account *a, const char *pointer);

/* Are username and e-mail address free (for `except`, the account's id; at == NULL: a new one)?
 * False after refuse(). */
MUST_USE bool form_free(struct request *rq, struct db *db, const struct form *f, struct str except);

#endif
