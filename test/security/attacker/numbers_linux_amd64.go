package main

// From the kernel's table for this architecture; from 424 on all have the same.
const (
	sysAddKey         = 248
	sysBpf            = 321
	sysDeleteModule   = 176
	sysFanotifyInit   = 300
	sysFinitModule    = 313
	sysInitModule     = 175
	sysKexecLoad      = 246
	sysKeyctl         = 250
	sysOpenByHandleAt = 304
	sysPerfEventOpen  = 298
	sysProcessVMReadv = 310
	sysQuotactl       = 179
	sysRequestKey     = 249
	sysSetns          = 308
	sysSwapon         = 167
	sysSyslog         = 103
	sysUmount2        = 166
	sysUserfaultfd    = 323
)
