package sakd.device.cuda;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import jcuda.Pointer;
import jcuda.jcudnn.JCudnn;
import jcuda.jcudnn.cudnnConvolutionBwdDataAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionBwdFilterAlgoPerf;
import jcuda.jcudnn.cudnnConvolutionFwdAlgoPerf;
import jcuda.jcudnn.cudnnDeterminism;
import jcuda.jcudnn.cudnnMathType;

/** The three products of a convolution; cuDNN has each call for each of them. */
enum ConvDirection {
  FORWARD("convolution") {
    @Override
    int run(ConvCall c, Pointer one, Pointer beta, int algorithm, Pointer space, long bytes) {
      ConvDescriptors d = c.descriptors();
      return JCudnn.cudnnConvolutionForward(
          c.handle(),
          one,
          d.x(),
          c.x(),
          d.w(),
          c.w(),
          d.convolution(),
          algorithm,
          space,
          bytes,
          beta,
          d.y(),
          c.y());
    }

    @Override
    int workspace(ConvCall c, int algorithm, long[] bytes) {
      ConvDescriptors d = c.descriptors();
      return JCudnn.cudnnGetConvolutionForwardWorkspaceSize(
          c.handle(), d.x(), d.w(), d.convolution(), d.y(), algorithm, bytes);
    }

    @Override
    List<ConvAlgorithm.Trial> search(ConvCall c, Pointer space, long bytes, int math) {
      ConvDescriptors d = c.descriptors();
      var found = filled(new cudnnConvolutionFwdAlgoPerf[MOST], cudnnConvolutionFwdAlgoPerf::new);
      int[] count = new int[1];
      CudaErrors.checkCudnn(
          "searching an algorithm of a " + this,
          JCudnn.cudnnFindConvolutionForwardAlgorithmEx(
              c.handle(),
              d.x(),
              c.x(),
              d.w(),
              c.w(),
              d.convolution(),
              d.y(),
              c.y(),
              MOST,
              count,
              found,
              space,
              bytes));
      return Stream.of(found)
          .limit(count[0])
          .map(f -> trial(f.algo, f.mathType, math, f.status, f.determinism, f.time))
          .toList();
    }
  },

  DATA("gradient by the input of a convolution") {
    @Override
    int run(ConvCall c, Pointer one, Pointer beta, int algorithm, Pointer space, long bytes) {
      ConvDescriptors d = c.descriptors();
      return JCudnn.cudnnConvolutionBackwardData(
          c.handle(),
          one,
          d.w(),
          c.w(),
          d.y(),
          c.y(),
          d.convolution(),
          algorithm,
          space,
          bytes,
          beta,
          d.x(),
          c.x());
    }

    @Override
    int workspace(ConvCall c, int algorithm, long[] bytes) {
      ConvDescriptors d = c.descriptors();
      return JCudnn.cudnnGetConvolutionBackwardDataWorkspaceSize(
          c.handle(), d.w(), d.y(), d.convolution(), d.x(), algorithm, bytes);
    }

    @Override
    List<ConvAlgorithm.Trial> search(ConvCall c, Pointer space, long bytes, int math) {
      ConvDescriptors d = c.descriptors();
      var found =
          filled(new cudnnConvolutionBwdDataAlgoPerf[MOST], cudnnConvolutionBwdDataAlgoPerf::new);
      int[] count = new int[1];
      CudaErrors.checkCudnn(
          "searching an algorithm of a " + this,
          JCudnn.cudnnFindConvolutionBackwardDataAlgorithmEx(
              c.handle(),
              d.w(),
              c.w(),
              d.y(),
              c.y(),
              d.convolution(),
              d.x(),
              c.x(),
              MOST,
              count,
              found,
              space,
              bytes));
      return Stream.of(found)
          .limit(count[0])
          .map(f -> trial(f.algo, f.mathType, math, f.status, f.determinism, f.time))
          .toList();
    }
  },

  WEIGHTS("gradient by the weights of a convolution") {
    @Override
    int run(ConvCall c, Pointer one, Pointer beta, int algorithm, Pointer space, long bytes) {
      ConvDescriptors d = c.descriptors();
      return JCudnn.cudnnConvolutionBackwardFilter(
          c.handle(),
          one,
          d.x(),
          c.x(),
          d.y(),
          c.y(),
          d.convolution(),
          algorithm,
          space,
          bytes,
          beta,
          d.w(),
          c.w());
    }

    @Override
    int workspace(ConvCall c, int algorithm, long[] bytes) {
      ConvDescriptors d = c.descriptors();
      return JCudnn.cudnnGetConvolutionBackwardFilterWorkspaceSize(
          c.handle(), d.x(), d.y(), d.convolution(), d.w(), algorithm, bytes);
    }

    @Override
    List<ConvAlgorithm.Trial> search(ConvCall c, Pointer space, long bytes, int math) {
      ConvDescriptors d = c.descriptors();
      var found =
          filled(
              new cudnnConvolutionBwdFilterAlgoPerf[MOST], cudnnConvolutionBwdFilterAlgoPerf::new);
      int[] count = new int[1];
      CudaErrors.checkCudnn(
          "searching an algorithm of a " + this,
          JCudnn.cudnnFindConvolutionBackwardFilterAlgorithmEx(
              c.handle(),
              d.x(),
              c.x(),
              d.y(),
              c.y(),
              d.convolution(),
              d.w(),
              c.w(),
              MOST,
              count,
              found,
              space,
              bytes));
      return Stream.of(found)
          .limit(count[0])
          .map(f -> trial(f.algo, f.mathType, math, f.status, f.determinism, f.time))
          .toList();
    }
  };

  /** More than cuDNN has of any, each with and without tensor cores. */
  private static final int MOST = 24;

  private final String words;

  ConvDirection(String words) {
    this.words = words;
  }

  /** result = it + beta result; returns cuDNN's status. */
  abstract int run(ConvCall c, Pointer one, Pointer beta, int algorithm, Pointer space, long bytes);

  /** Asks how much workspace the algorithm needs; returns cuDNN's status. */
  abstract int workspace(ConvCall c, int algorithm, long[] bytes);

  /** Tries every algorithm on the memory given; what is in the result's is lost. */
  abstract List<ConvAlgorithm.Trial> search(ConvCall c, Pointer space, long bytes, int math);

  private static <T> T[] filled(T[] array, java.util.function.Supplier<T> item) {
    Arrays.setAll(array, i -> item.get());
    return array;
  }

  /** Where full float32 is wanted, cuDNN's offers of less are none. */
  private static ConvAlgorithm.Trial trial(
      int algorithm, int math, int wanted, int status, int determinism, float time) {
    boolean precise =
        wanted != cudnnMathType.CUDNN_FMA_MATH
            || math == cudnnMathType.CUDNN_FMA_MATH
            || math == cudnnMathType.CUDNN_DEFAULT_MATH;
    return new ConvAlgorithm.Trial(
        new ConvAlgorithm(algorithm, wanted == cudnnMathType.CUDNN_FMA_MATH ? wanted : math),
        status == 0 && precise,
        determinism == cudnnDeterminism.CUDNN_DETERMINISTIC,
        time);
  }

  @Override
  public String toString() {
    return words;
  }
}
