package redis

import (
	"testing"

	"github.com/tongid/tongid/storage/storagetest"
)

func BenchmarkSingle(b *testing.B) {
	storagetest.BenchmarkAlive(b, openTest(b, singleVariable, Options{}))
}

func BenchmarkCluster(b *testing.B) {
	storagetest.BenchmarkAlive(b, openTest(b, clusterVariable, Options{}))
}

func BenchmarkSentinel(b *testing.B) {
	storagetest.BenchmarkAlive(b, openTest(b, sentinelVariable, Options{}))
}
