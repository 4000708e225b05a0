package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
)

// version returns the version of this build, followed by those of Go, nbio and sonic.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "plenum (unknown) " + runtime.Version()
	}
	parts := []string{"plenum " + release(info), runtime.Version()}
	for _, dep := range info.Deps {
		switch dep.Path {
		case "github.com/lesismal/nbio", "github.com/bytedance/sonic":
			parts = append(parts, dep.Path[strings.LastIndex(dep.Path, "/")+1:]+" "+dep.Version)
		}
	}
	return strings.Join(parts, ", ")
}

func release(info *debug.BuildInfo) string {
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			return fmt.Sprintf("%s %.12s", info.Main.Version, s.Value)
		}
	}
	return info.Main.Version
}
