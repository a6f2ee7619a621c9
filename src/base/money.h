/* money.h - integer minor units with their currency. Storage digits (ISO 4217) and display digits
 * (what people read) are two different facts: IDR 2/0, KRW 0/0, PLN 2/2. */
#ifndef PESAN_BASE_MONEY_H
#define PESAN_BASE_MONEY_H

#include "base/json.h"

/* name, storage digits, display digits */
#define CURRENCIES(C)                                                                              \
    C(IDR, 2, 0)                                                                                   \
    C(KRW, 0, 0)                                                                                   \
    C(PLN, 2, 2)                                                                                   \
    C(EUR, 2, 2)                                                                                   \
    C(USD, 2, 2)

enum currency {
#define C(name, storage, display) CURRENCY_##name,
    CURRENCIES(C)
#undef C
        CURRENCY_COUNT
};

/* The largest amount that any single order, payment or refund may have: 10^15 minor units. */
#define MONEY_MAX INT64_C(1000000000000000)

const char *currency_name(enum currency c);
int currency_storage_digits(enum currency c);
int currency_display_digits(enum currency c);
MUST_USE bool currency_parse(struct str name, enum currency *currency_r);

/* a * qty and a + b; false when the result would be negative or above MONEY_MAX. */
MUST_USE bool money_mul(int64_t amount, int64_t qty, int64_t *amount_r);
MUST_USE bool money_add(int64_t a, int64_t b, int64_t *amount_r);

/* Major units as decimal text ("7000", "7000.00", "12.5") into minor units; refuses signs,
 * exponents, more fraction digits than the currency stores (unless they are 0) and overflow. */
MUST_USE bool money_parse_major(struct str text, enum currency c, int64_t *amount_r);

/* Minor units as a major-unit decimal with all storage digits ("7000.00" for 700000 IDR): the form
 * Midtrans compares byte for byte. */
void money_add_decimal(struct buf *out, int64_t amount, enum currency c);

/* Minor units as a JSON number in major units without superfluous zeros (7000, 12.5). */
void money_add_json(struct buf *out, int64_t amount, enum currency c);

/* A member of an object: as the seeds' clients read amounts, a number in major units (which stands
 * beside the currency), or as /v1 has it, {"amount":<minor units>,"currency":"IDR"}. */
void money_field(struct jout *j, const char *key, int64_t amount, enum currency c);
void money_field_minor(struct jout *j, const char *key, int64_t amount, enum currency c);

#endif
