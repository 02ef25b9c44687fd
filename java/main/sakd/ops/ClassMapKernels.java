package sakd.ops;

import static sakd.ops.Requirements.requireClassMaps;

import sakd.device.DType;

/** The divergence of maps of classes by {@code classmap.cu}: sizes and launches. */
interface ClassMapKernels extends LossOps, KernelFacet {
  @Override
  default void mapLoss(
      Tensor student,
      Tensor teacher,
      Tensor classWeight,
      Tensor labels,
      Tensor mix,
      Tensor lossScale,
      float weight,
      Tensor losses,
      Tensor grad) {
    requireClassMaps(student, teacher, classWeight, labels, mix, lossScale, losses, grad);
    int samples = student.dim(1);
    int places = student.dim(2) * student.dim(3);
    long n = (long) samples * places;
    int lanes = launcher().lanes(student.channels(), student.type(), 1);
    int teacherLanes = launcher().lanes(teacher.channels(), teacher.type(), 1);
    try (Tensor goal = allocate(DType.F32, samples, places);
        Tensor map = allocate(DType.F32, samples, places);
        Tensor ofMap = allocate(DType.F32, samples, places)) {
      launcher()
          .kernel("classmap.cu", "class_map", teacher.type(), teacherLanes)
          .launchRows(
              samples,
              places,
              teacher.memory(),
              classWeight.memory(),
              labels.memory(),
              (mix == null ? lossScale : mix).memory(),
              goal.memory(),
              mix == null ? 0 : 1,
              samples,
              places,
              teacher.channels() / teacherLanes);
      launcher()
          .kernel("classmap.cu", "spike_map", student.type(), lanes)
          .launch(n, student.memory(), map.memory(), student.dim(0), n, student.channels() / lanes);
      launcher()
          .kernel("classmap.cu", "map_divergence", DType.F32, 1)
          .launch(
              samples,
              map.memory(),
              goal.memory(),
              lossScale.memory(),
              losses.memory(),
              ofMap.memory(),
              weight / samples,
              samples,
              places);
      int columns = student.channels() / lanes;
      launcher()
          .kernel("classmap.cu", "spread_map", grad.type(), lanes)
          .launchRows(
              student.rows(), columns, ofMap.memory(), grad.memory(), n, student.rows(), columns);
    }
  }
}
