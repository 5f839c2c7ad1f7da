/** Machines that the filter knows; on others the engine refuses to run. */
export type Machine = "x64" | "arm64";

export const ERRNO = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

/** Numbers of a system call on x86-64 and on 64-bit ARM; null where the machine has none of that name. */
type Numbers = readonly [x64: number | null, arm64: number | null];

/** The highest system call that this list has judged; newer ones answer ENOSYS, which programs take for an old kernel. */
export const NEWEST_SYSTEM_CALL = 462;

/** Calls that no program in a sandbox needs, and that could widen what it reaches: refused with EPERM. */
export const REFUSED_CALLS: Readonly<Record<string, Numbers>> = {
  // Mounts and namespaces.
  mount: [165, 40],
  umount2: [166, 39],
  pivot_root: [155, 41],
  chroot: [161, 51],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  fspick: [433, 433],
  mount_setattr: [442, 442],
  setns: [308, 268],
  unshare: [272, 97],
  sethostname: [170, 161],
  setdomainname: [171, 162],
  // Parts of the kernel that namespaces do not divide.
  keyctl: [250, 219],
  add_key: [248, 217],
  request_key: [249, 218],
  bpf: [321, 280],
  perf_event_open: [298, 241],
  userfaultfd: [323, 282],
  fanotify_init: [300, 262],
  lookup_dcookie: [212, 18],
  syslog: [103, 116],
  acct: [163, 89],
  quotactl: [179, 60],
  quotactl_fd: [443, 443],
  nfsservctl: [180, 42],
  vhangup: [153, 58],
  // Other processes' memory and descriptors.
  process_vm_readv: [310, 270],
  process_vm_writev: [311, 271],
  process_madvise: [440, 440],
  pidfd_getfd: [438, 438],
  kcmp: [312, 272],
  move_pages: [279, 239],
  migrate_pages: [256, 238],
  // Files by handle, past every path check.
  open_by_handle_at: [304, 265],
  name_to_handle_at: [303, 264],
  // The machine: kernel, modules, clock, swap, hardware.
  kexec_load: [246, 104],
  kexec_file_load: [320, 294],
  init_module: [175, 105],
  finit_module: [313, 273],
  delete_module: [176, 106],
  create_module: [174, null],
  get_kernel_syms: [177, null],
  query_module: [178, null],
  reboot: [169, 142],
  swapon: [167, 224],
  swapoff: [168, 225],
  iopl: [172, null],
  ioperm: [173, null],
  settimeofday: [164, 170],
  clock_settime: [227, 112],
  adjtimex: [159, 171],
  clock_adjtime: [305, 266],
  // Remains of old kernels.
  uselib: [134, null],
  ustat: [136, null],
  sysfs: [139, null],
  _sysctl: [156, null],
};

/**
 * Calls answered with ENOSYS, so that programs fall back to older ones: clone3 hides its flags from a filter, and
 * io_uring makes system calls past it.
 */
export const ABSENT_CALLS: Readonly<Record<string, Numbers>> = {
  clone3: [435, 435],
  io_uring_setup: [425, 425],
  io_uring_enter: [426, 426],
  io_uring_register: [427, 427],
};

/** Calls that are judged by an argument. */
export const JUDGED_CALLS = {
  clone: [56, 220],
  ioctl: [16, 29],
  personality: [135, 92],
  ptrace: [101, 117],
  socket: [41, 198],
} as const satisfies Record<string, Numbers>;

/** The number of a call on this machine. */
export function callNumber(numbers: Numbers, machine: Machine): number | null {
  return machine === "x64" ? numbers[0] : numbers[1];
}
