module github.com/convergint/vendor-cloud-kit/examples/vendor-go

go 1.26
