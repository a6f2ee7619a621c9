/* midtrans_fuzz.c - answers and notifications of a gateway that may be anybody: the first byte
 * chooses the HTTP status, the rest is the body. */
#include "payment/midtrans.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void use(struct str s)
{
    volatile char sum = 0;
    for (size_t i = 0; i < s.len; i++)
        sum = (char)(sum + s.at[i]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {0, 200, 201, 202, 302, 401, 404, 503};
    struct arena *arena = arena_new(1 << 20);
    struct midtrans_answer a;
    int64_t amount;
    if (size > 0) {
        midtrans_read(arena, statuses[data[0] % ARRAY_LEN(statuses)],
                      (struct str){(const char *)data + 1, size - 1}, &a);
        enum midtrans_verdict v = midtrans_verdict(&a);
        CHECK(v <= VERDICT_REFUSED);
        CHECK(midtrans_means(&a) <= MEANS_DISPUTED);
        if (midtrans_amount(&a, &amount))
            CHECK(amount >= 0 && amount <= MONEY_MAX);
        /* Nobody guesses this key. */
        CHECK(!midtrans_signed(&a, STR("a key of the fuzzer alone: 5e8ff9bf")));
        use(a.message);
        use(a.qr_string);
        use(a.pay_url);
        use(a.transaction_id);
    }
    arena_free(&arena);
    return 0;
}
