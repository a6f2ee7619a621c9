/* problem.c - the table of every "no", and which of our four languages a reader understands. */
#include "app/problem.h"

static const struct problem_row rows[PROBLEM_COUNT] = {
    [PROBLEM_NONE] = {"none", 200, "No problem", {"", "", "", ""}},
#define PROBLEM(name, slug, status, title, en, id, ko, pl)                                         \
    [PROBLEM_##name] = {slug, status, title, {en, id, ko, pl}},
#include "app/tbl/problems.h"
#undef PROBLEM
};

static const char *const tags[LANG_COUNT] = {"en", "id", "ko", "pl"};

const struct problem_row *problem_row(enum problem p)
{
    CHECK(p < PROBLEM_COUNT);
    return &rows[p];
}

const char *language_tag(enum language l)
{
    CHECK(l < LANG_COUNT);
    return tags[l];
}

bool language_parse(struct str tag, enum language *language_r)
{
    struct str rest = tag;
    struct str primary = str_cut(&rest, '-');
    for (size_t i = 0; i < LANG_COUNT; i++) {
        if (str_eq_nocase(primary, str_of(tags[i]))) {
            *language_r = (enum language)i;
            return true;
        }
    }
    return false;
}

/* The weight behind a language range in thousandths: "q=0.8" is 800 (RFC 9110 12.4.2). Anything
 * that is no weight counts as 0, so that what we cannot read is never preferred. */
static int weight_of(struct str parameter)
{
    struct str value = str_trim(parameter);
    if (value.len < 3 || value.len > 7 || !str_eq_nocase((struct str){value.at, 2}, STR("q=")))
        return 0;
    int weight = (value.at[2] - '0') * 1000;
    if (weight != 0 && weight != 1000)
        return 0;
    int digit_worth = 100;
    for (size_t i = 4; i < value.len; i++, digit_worth /= 10) {
        if (value.at[i] < '0' || value.at[i] > '9')
            return 0;
        weight += (value.at[i] - '0') * digit_worth;
    }
    return weight > 1000 || (value.len > 3 && value.at[3] != '.') ? 0 : weight;
}

enum language language_accept(struct str header, enum language otherwise)
{
    enum language best = otherwise;
    int best_weight = 0;
    struct str rest = header;
    while (rest.at && best_weight < 1000) {
        struct str weight = str_cut(&rest, ',');
        struct str range = str_trim(str_cut(&weight, ';'));
        enum language language;
        int w = weight.at ? weight_of(weight) : 1000;
        if (w > best_weight && language_parse(range, &language)) {
            best = language;
            best_weight = w;
        }
    }
    return best;
}
