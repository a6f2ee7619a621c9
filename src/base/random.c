/* random.c - unguessable bytes; the one file that meets libsodium for them. */
#include "base/random.h"

#include <pthread.h>
#include <sodium.h>
#include <string.h>

static pthread_once_t sodium_once = PTHREAD_ONCE_INIT;

static void start_sodium(void)
{
    CHECK(sodium_init() >= 0);
}

void random_bytes(void *out, size_t len)
{
    pthread_once(&sodium_once, start_sodium);
    randombytes_buf(out, len);
}

void random_text(char *out, size_t len, const char *alphabet)
{
    size_t letters = strlen(alphabet);
    CHECK(letters > 0 && letters <= 256);
    /* Bytes above the last whole multiple are thrown away: every letter is equally likely. */
    size_t fair = 256 - 256 % letters;
    uint8_t pool[64];
    size_t done = 0;
    while (done < len) {
        random_bytes(pool, sizeof pool);
        for (size_t i = 0; i < sizeof pool && done < len; i++) {
            if (pool[i] < fair)
                out[done++] = alphabet[pool[i] % letters];
        }
    }
    out[len] = '\0';
    sodium_memzero(pool, sizeof pool);
}
