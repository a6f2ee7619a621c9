/* problem.h - the table of every "no" (tbl/problems.h) and the four languages it is said in. */
#ifndef PESAN_APP_PROBLEM_H
#define PESAN_APP_PROBLEM_H

#include "base/buf.h"

enum language { LANG_EN, LANG_ID, LANG_KO, LANG_PL, LANG_COUNT };

enum problem {
    PROBLEM_NONE, /* yes */
#define PROBLEM(name, slug, status, title, en, id, ko, pl) PROBLEM_##name,
#include "app/tbl/problems.h"
#undef PROBLEM
    PROBLEM_COUNT
};

struct problem_row {
    const char *slug;                /* stable name */
    int status;                      /* HTTP status */
    const char *title;               /* for developers */
    const char *message[LANG_COUNT]; /* for people */
};

/* The row of a problem. */
const struct problem_row *problem_row(enum problem p);

/* "id", "ko-KR", "pl" ... into a language; false for one we do not speak. */
MUST_USE bool language_parse(struct str tag, enum language *language_r);
const char *language_tag(enum language l);

/* The best language of an Accept-Language value (RFC 9110 12.5.4), or `otherwise`. */
enum language language_accept(struct str header, enum language otherwise);

#endif
