# The loads of a visit to a GPU machine (benchmarks/gpu.sh visit): target/visit/A, B and C, a folder for each of its
# calls. make visit runs this; what did not change is not packed again.
#
#   make visit [CIFAR=FOLDER] [PEERS_PATH=FOLDER] [NVIDIA_LIBS=FOLDER] [LAST=FOLDER]
#
#   CIFAR         the parts of CIFAR-10, .bin or .bin.xz, to be trained on
#   PEERS_PATH    a checkout of SpikingJelly, to be measured against
#   NVIDIA_LIBS   NVIDIA's CUDA 13 libraries as pip unpacks them (site-packages/nvidia), to compile kernels ahead
#   LAST          what came back from the last call of the visit before, to go on from there
#
# Without one, the visit goes without. A call takes its folder, and the files of this repository; together no more
# than 60 MiB.

OUT := target/visit
PYTHON ?= python3
SOURCES := $(shell find java/main java/resources java/test benchmarks/java kernels pom.xml -type f)
NATIVE := $(shell find native-tests -name build -prune -o -type f -print) $(shell find kernels -type f)
JELLY := $(if $(PEERS_PATH),$(shell find $(PEERS_PATH)/spikingjelly -name '*.py'))

PARTS_A := data_batch_1
PARTS_B := data_batch_2 data_batch_3 data_batch_4
PARTS_C := data_batch_5 test_batch
squeezed = $(if $(CIFAR),$(PARTS_$(1):%=$(OUT)/$(1)/%.sq))

LOADS := $(OUT)/A/bundle.tar.xz $(OUT)/A/tests.tar.xz \
  $(if $(shell command -v nvcc),$(OUT)/A/twins.tar.xz) \
  $(if $(NVIDIA_LIBS),$(OUT)/A/cubins.tar.xz) \
  $(if $(PEERS_PATH),$(OUT)/A/peers.tar.xz) \
  $(foreach call,A B C,$(call squeezed,$(call)))

.PHONY: all last
.DELETE_ON_ERROR:
all: $(LOADS) last
	@sh benchmarks/gpu/sizes.sh $(OUT)

# Whatever was carried before and is not asked for now stays behind.
last:
	@mkdir -p $(OUT)/A $(OUT)/B $(OUT)/C
	@find $(OUT)/A $(OUT)/B $(OUT)/C -type f $(foreach load,$(LOADS),! -path $(load)) -exec rm -f {} +
	@{ git describe --always --dirty 2> /dev/null || echo unknown; } > $(OUT)/A/version
	@for file in state plans.tar.gz; do [ ! -f "$(LAST)/$$file" ] || cp "$(LAST)/$$file" $(OUT)/A/; done

pack = tar --sort=name --mtime=2026-01-01T00:00:00Z --owner=0 --group=0 --numeric-owner

$(OUT)/A/bundle.tar.xz: target/sakd-linux-x86_64.tar.xz
	@mkdir -p $(@D)
	cp $< $@

$(OUT)/A/tests.tar.xz: target/bundle-tests/built
	@mkdir -p $(@D)
	$(pack) -C $(<D) --exclude=built -cf - . | xz -9 > $@

# For GPUs of sm_90. Of the native tests those of kernels/cuda, which runs on GPUs only.
$(OUT)/A/twins.tar.xz: $(NATIVE)
	@mkdir -p $(@D)
	$(MAKE) --no-print-directory -C native-tests MODE=gpu GPU_ARCH=90 BUILD=build/twins-90 \
	  'PROGRAMS_gpu=$$(TWIN_PROGRAMS)' -j2 programs
	rm -rf $(OUT)/twins && mkdir -p $(OUT)/twins
	cp native-tests/build/twins-90/*.twin $(OUT)/twins/
	strip $(OUT)/twins/*
	$(pack) -C $(OUT)/twins -cf - . | xz -9 > $@
	rm -r $(OUT)/twins

# The stand-ins of native-tests/hostcuda are a GPU of sm_90 without memory, but first comes NVIDIA's own compiler.
$(OUT)/A/cubins.tar.xz: $(SOURCES) benchmarks/gpu/cubins.sh
	@mkdir -p $(@D)
	sh benchmarks/gpu/cubins.sh $(OUT)/cubins $(wildcard $(NVIDIA_LIBS)/*/lib) $(NVIDIA_LIBS)
	$(pack) -C $(OUT)/cubins -cf - . | xz -9 > $@
	rm -r $(OUT)/cubins

$(OUT)/A/peers.tar.xz: $(JELLY)
	@mkdir -p $(@D)
	(cd $(PEERS_PATH) && find spikingjelly -name '*.py' | sort) > $(OUT)/peers.list
	$(pack) -C $(PEERS_PATH) -T $(OUT)/peers.list -cf - | xz -9 > $@

define part
$(OUT)/$(1)/$(2).sq: $$(firstword $$(wildcard $$(CIFAR)/$(2).bin $$(CIFAR)/$(2).bin.xz) $$(CIFAR)/$(2).bin) benchmarks/gpu/squeeze_cifar.py
	@mkdir -p $$(@D)
	$$(PYTHON) benchmarks/gpu/squeeze_cifar.py pack $$< $$@
endef
$(foreach call,A B C,$(foreach name,$(PARTS_$(call)),$(eval $(call part,$(call),$(name)))))
