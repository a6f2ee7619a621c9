/* limits.h - how often something may be tried. LIMIT(NAME, times, seconds, by account, by address, what) */
LIMIT(PAIR, 5, 60, true, true, "failed log-ins to one account from one address")
LIMIT(ACCOUNT, 50, 900, true, false, "failed log-ins to one account, wherever from; not asked where its person is at home")
LIMIT(ADDRESS, 30, 900, false, true, "failed log-ins from one address")
LIMIT(SIGN_UP, 100, 3600, false, true, "sign-ups from one address")
LIMIT(ROOM, 30, 60, true, false, "rooms that somebody asked for and that are not there for him")
LIMIT(TYPING, 1, 2, true, false, "somebody's typing in one room, passed on")
