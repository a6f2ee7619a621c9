/* rules.c - what names, e-mail addresses and passwords may look like. */
#include "account/rules.h"

#include "base/id.h"

static const char *const common_passwords[] = {
#define COMMON(password) password,
#include "account/tbl/common_passwords.h"
#undef COMMON
};

static char folded(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 'a' - 'A') : c;
}

struct str rules_folded(struct arena *arena, struct str s)
{
    char *text = arena_strdup(arena, s);
    for (size_t i = 0; i < s.len; i++)
        text[i] = folded(text[i]);
    return (struct str){text, s.len};
}

static bool is_control(char c)
{
    return (unsigned char)c < 0x20 || c == 0x7f;
}

/* C0 and DEL; or C1 (U+0080 to U+009F), which is 0xC2 and a byte below 0xA0 in UTF-8. */
static bool has_control(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        if (is_control(s.at[i]))
            return true;
        if ((unsigned char)s.at[i] == 0xc2 && i + 1 < s.len && (unsigned char)s.at[i + 1] < 0xa0)
            return true;
    }
    return false;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static bool is_letter(char c)
{
    return folded(c) >= 'a' && folded(c) <= 'z';
}

static bool is_kiosk_id(struct str s)
{
    if (s.len < 6 || !str_eq_nocase((struct str){s.at, 5}, STR("KIOSK")))
        return false;
    for (size_t i = 5; i < s.len; i++) {
        if (!is_digit(s.at[i]))
            return false;
    }
    return true;
}

const char *rules_username(struct str s)
{
    if (s.len < USERNAME_MIN || s.len > USERNAME_MAX)
        return "must have 3 to 64 characters";
    for (size_t i = 0; i < s.len; i++) {
        char c = s.at[i];
        if (!is_letter(c) && !is_digit(c) && c != '_' && c != '.' && c != '-')
            return "may hold letters A to Z, digits, _ . and - only";
    }
    if (is_kiosk_id(s))
        return "must not look like the id of a kiosk";
    if (id_valid(s))
        return "must not be a UUID";
    return NULL;
}

/* Labels of letters, digits, hyphens or anything beyond ASCII, at least two of them. */
static bool is_domain(struct str s)
{
    size_t labels = 0;
    struct str rest = s;
    while (rest.at) {
        struct str label = str_cut(&rest, '.');
        if (label.len == 0 || label.len > 63 || label.at[0] == '-' ||
            label.at[label.len - 1] == '-')
            return false;
        for (size_t i = 0; i < label.len; i++) {
            char c = label.at[i];
            if (!is_letter(c) && !is_digit(c) && c != '-' && (unsigned char)c < 0x80)
                return false;
        }
        labels++;
    }
    return labels >= 2;
}

bool rules_email(struct arena *arena, struct str *email)
{
    struct str s = str_trim(*email);
    struct str domain = s;
    struct str local = str_cut(&domain, '@');
    if (s.len > EMAIL_MAX || !str_utf8_valid(s) || has_control(s))
        return false;
    if (local.len == 0 || local.len > 64 || memchr(local.at, ' ', local.len) || !domain.at ||
        !is_domain(domain))
        return false;
    char *text = arena_strdup(arena, s);
    for (size_t i = local.len; i < s.len; i++)
        text[i] = folded(text[i]);
    *email = (struct str){text, s.len};
    return true;
}

bool rules_full_name(struct str *name)
{
    struct str s = str_trim(*name);
    if (s.len == 0 || !str_utf8_valid(s) || has_control(s) || str_utf8_len(s) > FULL_NAME_MAX)
        return false;
    *name = s;
    return true;
}

static bool is_common(struct str password)
{
    for (size_t i = 0; i < ARRAY_LEN(common_passwords); i++) {
        if (str_eq_nocase(password, str_of(common_passwords[i])))
            return true;
    }
    return false;
}

const char *rules_password(struct str password, struct str username, struct str email)
{
    if (!str_utf8_valid(password) || (password.len > 0 && memchr(password.at, '\0', password.len)))
        return "must be UTF-8 text without NUL";
    size_t characters = str_utf8_len(password);
    if (characters < PASSWORD_MIN)
        return "must have at least 8 characters";
    if (characters > PASSWORD_MAX)
        return "must have at most 128 characters";
    if (username.len > 0 && str_eq_nocase(password, username))
        return "must not be the username";
    if (email.len > 0 && str_eq_nocase(password, email))
        return "must not be the e-mail address";
    if (is_common(password))
        return "is among the commonest passwords";
    return NULL;
}

struct str rules_shown(struct arena *arena, struct str text, size_t max)
{
    if (text.len == 0)
        return (struct str){0};
    bool utf8 = str_utf8_valid(text);
    char *copy = arena_strdup(arena, text);
    size_t characters = 0;
    size_t len = 0;
    for (; len < text.len; len++) {
        unsigned char c = (unsigned char)copy[len];
        bool begins = !utf8 || (c & 0xc0) != 0x80;
        if (begins && characters++ == max)
            break;
        if (is_control(copy[len]) || (!utf8 && c >= 0x80))
            copy[len] = '?';
    }
    return (struct str){copy, len};
}
