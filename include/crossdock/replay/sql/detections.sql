-- What stands open of these threads.
select exception_code, subject_id, order_id, md5(evidence::text)
from ops.detections
where thread_id = any(%(threads)s) and cleared_at is null
