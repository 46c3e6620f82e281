package main

// From the kernel's table for this architecture; from 424 on all have the same.
const (
	sysAddKey         = 217
	sysBpf            = 280
	sysDeleteModule   = 106
	sysFanotifyInit   = 262
	sysFinitModule    = 273
	sysInitModule     = 105
	sysKexecLoad      = 104
	sysKeyctl         = 219
	sysOpenByHandleAt = 265
	sysPerfEventOpen  = 241
	sysProcessVMReadv = 270
	sysQuotactl       = 60
	sysRequestKey     = 218
	sysSetns          = 268
	sysSwapon         = 224
	sysSyslog         = 116
	sysUmount2        = 39
	sysUserfaultfd    = 282
)
