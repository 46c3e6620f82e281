#include "textflag.h"

// The program's entry: reads the clock before anything else, Go's runtime included, and goes on where Go begins.
// clock_gettime(CLOCK_MONOTONIC, &started); registers but these and the stack are as the kernel gave them.
TEXT ·firstInstruction(SB), NOSPLIT|NOFRAME, $0
	MOVD	$113, R8
	MOVD	$1, R0
	MOVD	$·started(SB), R1
	SVC
	JMP	_rt0_arm64_linux(SB)
