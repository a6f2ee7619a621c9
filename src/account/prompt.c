/* prompt.c - a password typed by whoever runs a command. */
#include "account/prompt.h"

#include <signal.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#define LINE_LIMIT 1024

static const int ends[] = {SIGINT, SIGTERM, SIGQUIT, SIGHUP};
static struct termios before; /* how the terminal was */

/* Who gives up halfway gets his terminal back as it was. */
static void give_up(int signal_number)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    signal(signal_number, SIG_DFL);
    raise(signal_number);
}

static void be_silent(void)
{
    struct termios silent = before;
    silent.c_lflag &= ~(tcflag_t)ECHO;
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        signal(ends[i], give_up);
    tcsetattr(STDIN_FILENO, TCSANOW, &silent);
}

static void be_as_before(void)
{
    tcsetattr(STDIN_FILENO, TCSANOW, &before);
    for (size_t i = 0; i < ARRAY_LEN(ends); i++)
        signal(ends[i], SIG_DFL);
}

/* One line without its end; false when there is none, or it is too long. */
static bool read_line(struct buf *line)
{
    char c;
    while (read(STDIN_FILENO, &c, 1) == 1 && c != '\n') {
        if (line->len == LINE_LIMIT)
            return false;
        buf_add_char(line, c);
    }
    if (line->len > 0 && line->at[line->len - 1] == '\r')
        line->len--;
    return line->len > 0;
}

static bool ask(const char *question, struct buf *line)
{
    fputs(question, stderr);
    fflush(stderr);
    bool said = read_line(line);
    fputc('\n', stderr);
    return said;
}

static bool ask_twice(struct buf *password, const char **why_r)
{
    struct buf again = {0};
    be_silent();
    bool said = ask("Password: ", password) && ask("Again: ", &again);
    be_as_before();
    bool same = said && str_eq(buf_str(password), buf_str(&again));
    *why_r = said ? "the two are not the same" : "a password is needed";
    if (again.at)
        explicit_bzero(again.at, again.cap);
    buf_fini(&again);
    return same;
}

bool prompt_password(struct buf *password, const char **why_r)
{
    if (isatty(STDIN_FILENO) && tcgetattr(STDIN_FILENO, &before) == 0)
        return ask_twice(password, why_r);
    *why_r = "a password is needed, as the first line of the input";
    return read_line(password);
}
