/* options.h - what may be chosen about a product: groups (size, ice, sugar) of choices, some of
 * which cost more. A codec without I/O: a product's options are one JSON document,
 *
 *   [{"id":"size","name":"Size","min":1,"max":1,"choices":
 *       [{"id":"regular","name":"Regular","price":0},{"id":"large","name":"Large","price":500000}]}]
 *
 * with prices in minor units of the product's currency. Ids are slugs ([a-z0-9-], 1 to 32), those
 * of choices unique in the product. A choice with "available":false cannot be chosen now. */
#ifndef PESAN_MENU_OPTIONS_H
#define PESAN_MENU_OPTIONS_H

#include "app/problem.h"
#include "base/arena.h"
#include "base/json.h"
#include "base/money.h"

#define OPTION_GROUPS_MAX  8
#define OPTION_CHOICES_MAX 20   /* of one group */
#define OPTION_CHOSEN_MAX  16   /* of one line */
#define OPTIONS_TEXT_MAX   8192 /* bytes of the document */

/* A choice that was made; slices live in the arena. */
struct chosen {
    struct str id;   /* as in the document */
    struct str name; /* as people read it */
    int64_t price;   /* minor units, added to the product's */
};

/* Check a document sent by a shop and write its canonical text to *text_r (in the arena; "" for no
 * groups at all). NULL, or what is wrong, with where as a JSON pointer below the document in
 * *pointer_r. Pure. */
const char *options_check(const json_t *document, struct arena *arena, struct str *text_r,
                          const char **pointer_r);

/* The same for a document as /v1 has it, with prices {amount,currency}: all of them in one
 * currency, which is left in *currency_r (CURRENCY_COUNT when no price is said). */
const char *options_check_v1(const json_t *document, struct arena *arena, struct str *text_r,
                             enum currency *currency_r, const char **pointer_r);

/* A checked document as /v1 has it. */
void options_write_v1(struct jout *j, struct str document, enum currency currency);

/* Choose from a checked document: `wished` are ids of choices in any order. A group that must be
 * chosen from (min > 0) and is not takes its first available choices. PROBLEM_NONE: what was chosen
 * is in document order in chosen[], how many in *count_r. PROBLEM_BAD_OPTIONS (unknown, twice, too
 * many of a group) or PROBLEM_SOLD_OUT: *why_r says which. Pure. */
enum problem options_choose(struct str document, const struct str *wished, size_t wished_count,
                            struct arena *arena, struct chosen chosen[OPTION_CHOSEN_MAX],
                            size_t *count_r, const char **why_r);

#endif
