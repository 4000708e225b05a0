package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"syscall"

	"plenum/cmd/plenum/internal/datadir"
	"plenum/cmd/plenum/internal/doctor"
	"plenum/cmd/plenum/internal/memory"
	"plenum/cmd/plenum/internal/settings"
	"plenum/codec/pusher"
)

// examine prints how many connections this machine can hold. It returns an error if these are fewer than --connections. It also
// does so if the directory of --data cannot be used or has damaged messages, or if a node cannot join the brokers of --cluster.
// With --settings it prints only the settings to change.
func examine(ctx context.Context, cfg settings.Doctor, stdout io.Writer) error {
	process := thisProcess()
	process.TLS = cfg.TLS
	report := doctor.Examine(cfg.Root, process, cfg.Connections)
	if cfg.Settings {
		return report.PrintSettings(stdout)
	}
	if err := report.Print(stdout); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, presenceBounds(cfg.PresenceList)); err != nil {
		return err
	}
	if cfg.Data != "" {
		text, err := datadir.Examine(string(cfg.Data))
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(stdout, text); err != nil {
			return err
		}
	}
	if err := examineCluster(ctx, cfg, stdout); err != nil {
		return err
	}
	if cfg.Connections > 0 && !report.Holds() {
		return fmt.Errorf("this machine cannot hold %d connections as it is", cfg.Connections)
	}
	return nil
}

// presenceBounds returns the line of `plenum doctor` about presence channels. list is the server's --presence-list.
func presenceBounds(list int) string {
	each := 2*pusher.MaxUserID + pusher.MaxUserInfo // a list has each id twice
	return fmt.Sprintf("presence channels: lists of up to %d users (--presence-list), and announcements up to as many subscriptions; user_id up to %d bytes, user_info up to %d bytes; a list takes up to %d KiB before its quotes are escaped",
		list, pusher.MaxUserID, pusher.MaxUserInfo, list*each/1024)
}

// thisProcess returns the limits of this process, which a server started in the same place would have too.
func thisProcess() doctor.Process {
	p := doctor.Process{RefuseAt: memory.ShortAt, Page: int64(os.Getpagesize())}
	var files syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &files); err == nil {
		p.Files, p.HardFiles = files.Cur, files.Max
	}
	var err error
	if p.Memory, err = memory.CgroupLimit(); err != nil {
		p.Memory = -1
	}
	if use := memory.CgroupUse(); use != nil {
		p.Used = use()
	}
	return p
}
