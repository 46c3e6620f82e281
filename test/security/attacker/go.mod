module attacker

go 1.21
