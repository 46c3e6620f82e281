package main

const keyringOfSession = ^uintptr(2)
const noDescriptor = ^uintptr(0)

// Arguments that are wrong, or that ask for nothing, so that a call which gets through does no harm.
var calls = map[string]struct {
	number    uintptr
	arguments []uintptr
}{
	"add_key":           {sysAddKey, nil},
	"bpf":               {sysBpf, nil},
	"delete_module":     {sysDeleteModule, nil},
	"fanotify_init":     {sysFanotifyInit, []uintptr{0, 0}},
	"finit_module":      {sysFinitModule, []uintptr{noDescriptor, 0, 0}},
	"fsopen":            {430, nil},
	"init_module":       {sysInitModule, nil},
	"io_uring_setup":    {425, nil},
	"kexec_load":        {sysKexecLoad, []uintptr{0, 0, 0, ^uintptr(0)}},
	"keyctl":            {sysKeyctl, []uintptr{0, keyringOfSession, 0}},
	"move_mount":        {429, nil},
	"open_by_handle_at": {sysOpenByHandleAt, []uintptr{noDescriptor, 0, 0}},
	"open_tree":         {428, []uintptr{noDescriptor, 0, 0}},
	"perf_event_open":   {sysPerfEventOpen, nil},
	"pidfd_getfd":       {438, []uintptr{noDescriptor, 0, 0}},
	"process_vm_readv":  {sysProcessVMReadv, []uintptr{1, 0, 0, 0, 0, 0}},
	"quotactl":          {sysQuotactl, nil},
	"request_key":       {sysRequestKey, nil},
	"swapon":            {sysSwapon, nil},
	"syslog":            {sysSyslog, []uintptr{10, 0, 0}},
	"umount2":           {sysUmount2, nil},
	"userfaultfd":       {sysUserfaultfd, nil},
}
