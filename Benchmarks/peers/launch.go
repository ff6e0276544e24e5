// Starts N goroutines and joins them, or parks them: launch spawn|park N. Prints one line of JSON.
package main

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

func processorSeconds() float64 {
	var usage syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &usage)
	return float64(usage.Utime.Sec+usage.Stime.Sec) + float64(usage.Utime.Usec+usage.Stime.Usec)*1e-6
}

func residentBytes() int {
	text, _ := os.ReadFile("/proc/self/statm")
	pages, _ := strconv.Atoi(strings.Fields(string(text))[1])
	return pages * os.Getpagesize()
}

func main() {
	count, _ := strconv.Atoi(os.Args[2])
	before, processor, start := residentBytes(), processorSeconds(), time.Now()
	var begun int64
	if os.Args[1] == "park" {
		for i := 0; i < count; i++ {
			go func() {
				atomic.AddInt64(&begun, 1)
				time.Sleep(time.Hour)
			}()
		}
		for atomic.LoadInt64(&begun) < int64(count) {
			time.Sleep(time.Millisecond)
		}
	} else {
		var group sync.WaitGroup
		for i := 0; i < count; i++ {
			group.Add(1)
			go func() {
				atomic.AddInt64(&begun, 1)
				group.Done()
			}()
		}
		group.Wait()
	}
	seconds := time.Since(start).Seconds()
	bytes := float64(residentBytes()-before) / float64(count)
	fmt.Printf("{\"n\":%d,\"secs\":%f,\"cpu\":%f,\"bytes_per_task\":%f}\n",
		count, seconds, processorSeconds()-processor, bytes)
}
