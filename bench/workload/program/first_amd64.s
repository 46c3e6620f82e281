#include "textflag.h"

// The program's entry: reads the clock before anything else, Go's runtime included, and goes on where Go begins.
// clock_gettime(CLOCK_MONOTONIC, &started); registers but these and the stack are as the kernel gave them.
TEXT ·firstInstruction(SB), NOSPLIT|NOFRAME, $0
	MOVQ	$228, AX
	MOVQ	$1, DI
	LEAQ	·started(SB), SI
	SYSCALL
	JMP	_rt0_amd64_linux(SB)
