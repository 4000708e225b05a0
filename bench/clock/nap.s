// Empty: it lets nap.go declare functions without a body.
