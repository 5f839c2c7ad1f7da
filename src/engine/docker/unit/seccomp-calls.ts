/**
 * System calls that programs in a unit may make; whatever is not here is refused. By name, so that one table serves
 * every machine; a name that a machine's kernel has not is passed over by the engine.
 */
export const ALLOWED_CALLS = {
  files: [
    ...["access", "chdir", "chmod", "chown", "close", "close_range", "copy_file_range", "creat", "dup", "dup2", "dup3"],
    ...["faccessat", "faccessat2", "fadvise64", "fallocate", "fchdir", "fchmod", "fchmodat", "fchmodat2", "fchown"],
    ...["fchownat", "fcntl", "fdatasync", "fgetxattr", "flistxattr", "flock", "fremovexattr", "fsetxattr", "fstat"],
    ...["fstatfs", "fsync", "ftruncate", "futimesat", "getcwd", "getdents", "getdents64", "getxattr", "lchown"],
    ...["lgetxattr", "link", "linkat", "listxattr", "llistxattr", "lremovexattr", "lseek", "lsetxattr", "lstat"],
    ...["mkdir", "mkdirat", "mknod", "mknodat", "newfstatat", "open", "openat", "openat2", "pread64", "preadv"],
    ...["preadv2", "pwrite64", "pwritev", "pwritev2", "read", "readahead", "readlink", "readlinkat", "readv"],
    ...["removexattr", "rename", "renameat", "renameat2", "rmdir", "sendfile", "setxattr", "splice", "stat", "statfs"],
    ...["statx", "symlink", "symlinkat", "sync", "sync_file_range", "syncfs", "tee", "truncate", "umask", "unlink"],
    ...["unlinkat", "utime", "utimensat", "utimes", "write", "writev", "ioctl"],
  ],
  waiting: [
    ...["epoll_create", "epoll_create1", "epoll_ctl", "epoll_pwait", "epoll_pwait2", "epoll_wait", "eventfd"],
    ...["eventfd2", "inotify_add_watch", "inotify_init", "inotify_init1", "inotify_rm_watch", "pipe", "pipe2", "poll"],
    ...["ppoll", "pselect6", "select", "signalfd", "signalfd4", "timerfd_create", "timerfd_gettime"],
    ...["timerfd_settime", "io_cancel", "io_destroy", "io_getevents", "io_pgetevents", "io_setup", "io_submit"],
  ],
  memory: [
    ...["brk", "cachestat", "madvise", "map_shadow_stack", "membarrier", "memfd_create", "memfd_secret", "mincore"],
    ...["mlock", "mlock2", "mlockall", "mmap", "mprotect", "mremap", "mseal", "msync", "munlock", "munlockall"],
    ...["munmap", "pkey_alloc", "pkey_free", "pkey_mprotect", "remap_file_pages"],
    ...["shmat", "shmctl", "shmdt", "shmget"],
  ],
  processes: [
    ...["alarm", "arch_prctl", "capget", "capset", "execve", "execveat", "exit", "exit_group", "fork", "futex"],
    ...["futex_requeue", "futex_wait", "futex_waitv", "futex_wake", "get_robust_list", "getegid", "geteuid", "getgid"],
    ...["getgroups", "getitimer", "getpgid", "getpgrp", "getpid", "getppid", "getpriority", "getresgid", "getresuid"],
    ...["getrlimit", "getrusage", "getsid", "gettid", "getuid", "ioprio_get", "ioprio_set", "kill"],
    ...["landlock_add_rule", "landlock_create_ruleset", "landlock_restrict_self", "pause", "pidfd_open"],
    ...["pidfd_send_signal", "prctl", "prlimit64", "restart_syscall", "riscv_flush_icache", "riscv_hwprobe", "rseq"],
    ...["rt_sigaction", "rt_sigpending", "rt_sigprocmask", "rt_sigqueueinfo", "rt_sigreturn", "rt_sigsuspend"],
    ...["rt_sigtimedwait", "rt_tgsigqueueinfo", "sched_get_priority_max", "sched_get_priority_min"],
    ...["sched_getaffinity", "sched_getattr", "sched_getparam", "sched_getscheduler", "sched_rr_get_interval"],
    ...["sched_setaffinity", "sched_setattr", "sched_setparam", "sched_setscheduler", "sched_yield", "seccomp"],
    ...["set_robust_list", "set_tid_address", "setfsgid", "setfsuid", "setgid", "setgroups", "setitimer", "setpgid"],
    ...["setpriority", "setregid", "setresgid", "setresuid", "setreuid", "setrlimit", "setsid", "setuid"],
    ...["sigaltstack", "tgkill", "tkill", "vfork", "wait4", "waitid"],
  ],
  time: [
    ...["clock_getres", "clock_gettime", "clock_nanosleep", "gettimeofday", "nanosleep", "time", "timer_create"],
    ...["timer_delete", "timer_getoverrun", "timer_gettime", "timer_settime", "times"],
  ],
  sockets: [
    ...["accept", "accept4", "bind", "connect", "getpeername", "getsockname", "getsockopt", "listen", "recvfrom"],
    ...["recvmmsg", "recvmsg", "sendmmsg", "sendmsg", "sendto", "setsockopt", "shutdown", "socketpair"],
  ],
  messages: [
    ...["mq_getsetattr", "mq_notify", "mq_open", "mq_timedreceive", "mq_timedsend", "mq_unlink", "msgctl", "msgget"],
    ...["msgrcv", "msgsnd", "semctl", "semget", "semop", "semtimedop"],
  ],
  machine: ["getcpu", "getrandom", "sysinfo", "uname"],
} as const satisfies Record<string, readonly string[]>;

/** Calls that programs fall back from when the kernel has none of that name; EPERM would be taken for a failure. */
export const ABSENT_CALLS = [
  // Its flags are behind a pointer, where a filter cannot see that a namespace is asked for.
  "clone3",
  // Makes system calls that no filter sees.
  ...["io_uring_setup", "io_uring_enter", "io_uring_register"],
] as const;
