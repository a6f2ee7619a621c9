/* money.c - amounts in minor units: arithmetic with limits, and their texts. */
#include "base/money.h"

/* One row of CURRENCIES. */
struct currency_fact {
    const char *name; /* ISO 4217 */
    int storage;      /* fraction digits of the minor unit */
    int display;      /* fraction digits people read */
};

static const struct currency_fact currencies[CURRENCY_COUNT] = {
#define C(name, storage, display) {#name, storage, display},
    CURRENCIES(C)
#undef C
};

const char *currency_name(enum currency c)
{
    CHECK(c < CURRENCY_COUNT);
    return currencies[c].name;
}

int currency_storage_digits(enum currency c)
{
    CHECK(c < CURRENCY_COUNT);
    return currencies[c].storage;
}

int currency_display_digits(enum currency c)
{
    CHECK(c < CURRENCY_COUNT);
    return currencies[c].display;
}

bool currency_parse(struct str name, enum currency *currency_r)
{
    for (int c = 0; c < CURRENCY_COUNT; c++) {
        if (str_is(name, currencies[c].name)) {
            *currency_r = (enum currency)c;
            return true;
        }
    }
    return false;
}

bool money_mul(int64_t amount, int64_t qty, int64_t *amount_r)
{
    int64_t product;
    if (amount < 0 || qty < 0 || __builtin_mul_overflow(amount, qty, &product) ||
        product > MONEY_MAX)
        return false;
    *amount_r = product;
    return true;
}

bool money_add(int64_t a, int64_t b, int64_t *amount_r)
{
    int64_t sum;
    if (__builtin_add_overflow(a, b, &sum) || sum < 0 || sum > MONEY_MAX)
        return false;
    *amount_r = sum;
    return true;
}

static int64_t minor_per_major(enum currency c)
{
    int64_t units = 1;
    for (int i = 0; i < currency_storage_digits(c); i++)
        units *= 10;
    return units;
}

/* The digits behind the point in minor units; what is finer than the currency stores must be 0. */
static bool parse_fraction(struct str digits, int64_t unit, int64_t *minor_r)
{
    *minor_r = 0;
    for (size_t i = 0; i < digits.len; i++) {
        char c = digits.at[i];
        if (c < '0' || c > '9')
            return false;
        unit /= 10;
        if (unit == 0 && c != '0')
            return false;
        *minor_r += (c - '0') * unit;
    }
    return digits.len > 0;
}

bool money_parse_major(struct str text, enum currency c, int64_t *amount_r)
{
    int64_t unit = minor_per_major(c);
    uint64_t major;
    int64_t minor = 0;
    struct str rest = text;
    if (!str_to_u64(str_cut(&rest, '.'), (uint64_t)(MONEY_MAX / unit), &major))
        return false;
    if (rest.at && !parse_fraction(rest, unit, &minor))
        return false;
    return money_add((int64_t)major * unit, minor, amount_r);
}

/* "major.minor" with `digits` digits of the minor part, or no point at all. */
static void add_parts(struct buf *out, int64_t amount, int64_t unit, int digits)
{
    if (amount < 0)
        buf_add_char(out, '-');
    uint64_t value = amount < 0 ? -(uint64_t)amount : (uint64_t)amount;
    buf_add_i64(out, (int64_t)(value / (uint64_t)unit));
    if (digits > 0)
        buf_add_char(out, '.');
    uint64_t minor = value % (uint64_t)unit;
    for (int i = 0; i < digits; i++) {
        unit /= 10;
        buf_add_char(out, (char)('0' + minor / (uint64_t)unit % 10));
    }
}

void money_add_decimal(struct buf *out, int64_t amount, enum currency c)
{
    add_parts(out, amount, minor_per_major(c), currency_storage_digits(c));
}

void money_add_json(struct buf *out, int64_t amount, enum currency c)
{
    int digits = currency_storage_digits(c);
    int64_t superfluous = 10;
    while (digits > 0 && amount % superfluous == 0) {
        digits--;
        superfluous *= 10;
    }
    add_parts(out, amount, minor_per_major(c), digits);
}

void money_field(struct jout *j, const char *key, int64_t amount, enum currency c)
{
    jout_key(j, key);
    money_add_json(j->out, amount, c);
    j->comma = true; /* a value was written behind the writer's back */
}

void money_field_minor(struct jout *j, const char *key, int64_t amount, enum currency c)
{
    jout_key(j, key);
    jout_object(j);
    jout_field_int(j, "amount", amount);
    jout_field_cstr(j, "currency", currency_name(c));
    jout_object_end(j);
}
