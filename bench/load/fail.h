#ifndef FAIL_H
#define FAIL_H

/* Prints what went wrong, with the system's reason if there is one, and ends the program. */
_Noreturn void fail(const char *what);

#endif
