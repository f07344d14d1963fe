/* What Python cannot do: be called with a va_list, and be called in a signal handler.
 *
 * The handler of a fatal signal uses what may be used there: open, read, write, and backtrace,
 * whose library is loaded beforehand. An alarm ends a handler that hangs (a lock of the dynamic
 * linker may be held where it was interrupted); a second fault in it ends the process at once.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define FRAMES 128
#define LOG_TAIL 8192
#define STACK_BYTES (128 * 1024)
#define DEADLINE_S 10

static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
#define SIGNALS (sizeof signals / sizeof signals[0])

static struct sigaction before[SIGNALS];
static int report = -1;
static char log_path[4096];
static volatile sig_atomic_t handling;

/* What assert() said last, kept by glibc for debuggers. */
struct abort_message { unsigned int size; char text[]; };
static struct abort_message **abort_message;

static void put(const char *text) {
    ssize_t written = write(report, text, strlen(text));
    (void)written;
}

static void put_number(unsigned long value, unsigned base) {
    char digits[32];
    int at = sizeof digits - 1;
    digits[at] = 0;
    do {
        digits[--at] = "0123456789abcdef"[value % base];
        value /= base;
    } while (value && at > 0);
    if (base == 16)
        put("0x");
    put(digits + at);
}

static const char *name_of(int number) {
    switch (number) {
    case SIGSEGV: return "SIGSEGV, a bad address";
    case SIGBUS: return "SIGBUS, memory that is not there";
    case SIGFPE: return "SIGFPE, arithmetic";
    case SIGILL: return "SIGILL, a bad instruction";
    case SIGABRT: return "SIGABRT, the program gave up";
    }
    return "?";
}

static void put_tail(const char *path) {
    char buffer[1024];
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
        put("(not readable)\n");
        return;
    }
    if (lseek(fd, -LOG_TAIL, SEEK_END) >= 0) {
        /* Not half a line. */
        char c = 0;
        while (read(fd, &c, 1) == 1 && c != '\n')
            ;
    }
    for (;;) {
        ssize_t got = read(fd, buffer, sizeof buffer);
        if (got <= 0 || write(report, buffer, got) < 0)
            break;
    }
    close(fd);
}

/* Where the code of which library is: what turns an address of the stack into a line of source. */
static void put_map(void) {
    static char line[4096];
    char buffer[1024];
    size_t length = 0;
    ssize_t got;
    int fd = open("/proc/self/maps", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    while ((got = read(fd, buffer, sizeof buffer)) > 0) {
        for (ssize_t i = 0; i < got; i++) {
            if (length < sizeof line - 1)
                line[length++] = buffer[i];
            if (buffer[i] != '\n')
                continue;
            line[length] = 0;
            if (strstr(line, " r-xp "))
                put(line);
            length = 0;
        }
    }
    close(fd);
}

static void on_fatal(int number, siginfo_t *info, void *context) {
    (void)context;
    struct sigaction *older = NULL;
    for (unsigned i = 0; i < SIGNALS; i++)
        if (signals[i] == number)
            older = &before[i];
    if (handling++) {
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    signal(SIGALRM, SIG_DFL);
    alarm(DEADLINE_S);

    put("\n== Signal ==\n");
    put_number(number, 10);
    put(" (");
    put(name_of(number));
    put(")");
    if (info->si_code <= 0 && info->si_pid != getpid()) {
        put(", sent by process ");
        put_number(info->si_pid, 10);
    } else if (info->si_code > 0) {
        put(" at ");
        put_number((unsigned long)info->si_addr, 16);
    }
    put("\n");
    if (number == SIGABRT && abort_message && *abort_message) {
        put("said: ");
        put((*abort_message)->text);
        put("\n");
    }

    put("\n== C stack ==\n");
    void *frames[FRAMES];
    backtrace_symbols_fd(frames, backtrace(frames, FRAMES), report);

    put("\n== Last log lines ==\n");
    if (log_path[0])
        put_tail(log_path);
    else
        put("(no log file)\n");

    put("\n== Memory map ==\n");
    put_map();

    put("\n== Python stack ==\n");
    /* faulthandler's: it ends the process by the same signal. */
    if (older && !(older->sa_flags & SA_SIGINFO) && older->sa_handler != SIG_DFL &&
        older->sa_handler != SIG_IGN)
        older->sa_handler(number);
    signal(number, SIG_DFL);
    raise(number);
}

static int crash_install(int fd, const char *path) {
    static void *stack;
    void *warm[2];
    report = fd;
    handling = 0;
    log_path[0] = 0;
    if (path && strlen(path) < sizeof log_path)
        strcpy(log_path, path);
    backtrace(warm, 2);
    abort_message = dlsym(RTLD_DEFAULT, "__abort_msg");
    if (!stack) {
        stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
        if (stack == MAP_FAILED) {
            stack = NULL;
            return errno;
        }
        stack_t alternative = { .ss_sp = stack, .ss_size = STACK_BYTES };
        if (sigaltstack(&alternative, NULL))
            return errno;
    }
    for (unsigned i = 0; i < SIGNALS; i++) {
        struct sigaction action = { .sa_sigaction = on_fatal,
                                    .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER };
        sigemptyset(&action.sa_mask);
        if (sigaction(signals[i], &action, &before[i]))
            return errno;
    }
    return 0;
}

static void crash_remove(void) {
    for (unsigned i = 0; i < SIGNALS; i++)
        sigaction(signals[i], &before[i], NULL);
    report = -1;
}

/* Log lines of wlroots and of libwayland, which come as a format and its arguments. */
static void log_line(int importance, const char *line);
static int least_important;

static void wlroots_log(int importance, const char *format, va_list arguments) {
    char line[2048];
    /* wlroots itself looks at the importance only when it prints. */
    if (importance <= least_important &&
        vsnprintf(line, sizeof line, format, arguments) >= 0)
        log_line(importance, line);
}

static void wayland_log(const char *format, va_list arguments) {
    wlroots_log(0, format, arguments);
}

static void log_up_to(int importance) { least_important = importance; }

static void *wlroots_log_address(void) { return (void *)wlroots_log; }
static void *wayland_log_address(void) { return (void *)wayland_log; }
