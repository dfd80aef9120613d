module github.com/convergint/vendor-cloud-kit/examples/vendor-go

go 1.26

require github.com/standard-webhooks/standard-webhooks/libraries v0.0.1
